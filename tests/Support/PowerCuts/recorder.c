/* Writes down, in their order, what one program does to the files below one directory, so that a power cut at any
 * point can be replayed. Preloaded; told by the environment:
 *   EDGE_RECORD_PROGRAM  name of the only executable that is recorded; its children are not
 *   EDGE_RECORD_ROOT     the directory
 *   EDGE_RECORD_LOG      the file that records are appended to; outside of the directory
 *   EDGE_RECORD_LIFE     dies by SIGKILL after so many records, always between two
 *   EDGE_RECORD_UNSAFE   set: SQLite runs with synchronous=OFF, for the negative control
 * A change and its record are one step under the gate. A flush is not under it: its record says how long the log was
 * when it began, and so what it covers. Calls go to the kernel directly, which leaves little to look up in the C library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DESCRIPTORS = 65536 };

/* Followed by the path (for a rename: from), then by the data (for a rename: to). DiskRecord.cs reads it. */
struct head {
    uint32_t length, kind; /* of all, head included */
    uint64_t file;         /* inode number */
    uint64_t position;     /* of a write or truncation in the file; of a flush in the log */
    uint32_t path, data;   /* lengths */
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static int unsafe;
static uint64_t log_length;
static uint64_t life = UINT64_MAX;
static const char *root;
static size_t root_length;
static ino_t tracked[DESCRIPTORS];

static void fail(const char *what) { perror(what); abort(); }

__attribute__((constructor)) static void start(void)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    const char *program = getenv("EDGE_RECORD_PROGRAM");
    if (n <= 0 || !program) return;
    self[n] = 0;
    if (strcmp(strrchr(self, '/') + 1, program)) return;
    unsetenv("LD_PRELOAD");
    root = getenv("EDGE_RECORD_ROOT");
    root_length = strlen(root);
    unsafe = getenv("EDGE_RECORD_UNSAFE") != NULL;
    if (getenv("EDGE_RECORD_LIFE")) life = strtoull(getenv("EDGE_RECORD_LIFE"), NULL, 10);
    log_fd = syscall(SYS_openat, AT_FDCWD, getenv("EDGE_RECORD_LOG"), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    struct stat log;
    if (log_fd < 0 || fstat(log_fd, &log)) fail("recorder: log");
    log_length = log.st_size;
}

static int below_root(const char *path)
{
    return log_fd >= 0 && path && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

static void record(char kind, ino_t file, uint64_t position, const char *path, const void *data, size_t size)
{
    struct head head = { 0, (uint32_t)kind, file, position, path ? strlen(path) : 0, size };
    head.length = sizeof head + head.path + head.data;
    struct iovec parts[] = { { &head, sizeof head }, { (void *)path, head.path }, { (void *)data, size } };
    if (syscall(SYS_writev, log_fd, parts, 3) != head.length) fail("recorder: record");
    log_length += head.length;
    if (--life == 0) for (;;) kill(getpid(), SIGKILL);
}

/* The inode of a file below the directory that is open under this number, or 0. A number may have been closed and
 * given to something else since. */
static ino_t file_of(int fd, struct stat *st)
{
    if (log_fd < 0 || fd < 0 || fd >= DESCRIPTORS || !tracked[fd]) return 0;
    int kept = errno;
    int same = !fstat(fd, st) && S_ISREG(st->st_mode) && st->st_ino == tracked[fd];
    errno = kept;
    return same ? tracked[fd] : 0;
}

static int do_open(int directory, const char *path, int flags, mode_t mode)
{
    if (!below_root(path)) return syscall(SYS_openat, directory, path, flags, mode);
    pthread_mutex_lock(&gate);
    struct stat before = { 0 }, st;
    int existed = !stat(path, &before);
    int fd = syscall(SYS_openat, directory, path, flags, mode);
    int kept = errno;
    if (fd >= DESCRIPTORS) fail("recorder: descriptors");
    if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode)) {
        tracked[fd] = st.st_ino;
        if (!existed) record('C', st.st_ino, 0, path, NULL, 0);
        else if (before.st_size > 0 && (flags & O_TRUNC)) record('T', st.st_ino, 0, NULL, NULL, 0);
    }
    pthread_mutex_unlock(&gate);
    errno = kept;
    return fd;
}

#define MODE(flags, mode) mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) \
    { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *path, int flags, ...) { MODE(flags, mode) return do_open(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode) return do_open(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags, mode) return do_open(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags, mode) return do_open(at, path, flags, mode); }

static ssize_t do_write(int fd, const void *data, size_t size, off_t offset)
{
    struct stat st;
    ino_t file = file_of(fd, &st);
    if (!file) return offset < 0 ? syscall(SYS_write, fd, data, size) : syscall(SYS_pwrite64, fd, data, size, offset);
    pthread_mutex_lock(&gate);
    off_t at = offset;
    if (at < 0) at = fcntl(fd, F_GETFL) & O_APPEND ? (fstat(fd, &st), st.st_size) : lseek(fd, 0, SEEK_CUR);
    ssize_t n = offset < 0 ? syscall(SYS_write, fd, data, size) : syscall(SYS_pwrite64, fd, data, size, offset);
    int kept = errno;
    if (n > 0) record('W', file, at, NULL, data, n);
    pthread_mutex_unlock(&gate);
    errno = kept;
    return n;
}

ssize_t write(int fd, const void *data, size_t size) { return do_write(fd, data, size, -1); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return do_write(fd, data, size, offset); }
ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset) { return do_write(fd, data, size, offset); }

/* Part by part: a short write is an answer that callers must expect. */
static ssize_t do_writev(int fd, const struct iovec *parts, int count, off_t offset)
{
    struct stat st;
    if (!file_of(fd, &st)) return offset < 0 ? syscall(SYS_writev, fd, parts, count)
                                             : syscall(SYS_pwritev, fd, parts, count, offset, 0);
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len > 0) return do_write(fd, parts[i].iov_base, parts[i].iov_len, offset);
    return 0;
}

ssize_t writev(int fd, const struct iovec *parts, int count) { return do_writev(fd, parts, count, -1); }
ssize_t pwritev(int fd, const struct iovec *p, int count, off_t offset) { return do_writev(fd, p, count, offset); }
ssize_t pwritev64(int fd, const struct iovec *p, int count, off_t offset) { return do_writev(fd, p, count, offset); }

/* Copies inside the kernel are refused, and callers then read and write. */
static int copies(int to) { struct stat st; return file_of(to, &st) != 0; }

ssize_t sendfile(int to, int from, off_t *offset, size_t size)
{
    if (copies(to)) { errno = EINVAL; return -1; }
    return syscall(SYS_sendfile, to, from, offset, size);
}
ssize_t sendfile64(int to, int from, off_t *offset, size_t size) { return sendfile(to, from, offset, size); }

ssize_t copy_file_range(int from, off_t *in, int to, off_t *out, size_t size, unsigned flags)
{
    if (copies(to)) { errno = EINVAL; return -1; }
    return syscall(SYS_copy_file_range, from, in, to, out, size, flags);
}

/* .NET makes this one past the function of its name. */
long syscall(long number, ...)
{
    static long (*real)(long, ...);
    if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long a[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_copy_file_range && copies(a[2])) { errno = ENOSYS; return -1; }
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (request == 0x40049409 /* FICLONE */ && copies(fd)) { errno = EOPNOTSUPP; return -1; }
    return syscall(SYS_ioctl, fd, request, argument);
}

static int do_truncate(int fd, off_t size)
{
    struct stat st;
    ino_t file = file_of(fd, &st);
    if (!file) return syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&gate);
    int result = syscall(SYS_ftruncate, fd, size), kept = errno;
    if (!result) record('T', file, size, NULL, NULL, 0);
    pthread_mutex_unlock(&gate);
    errno = kept;
    return result;
}

int ftruncate(int fd, off_t size) { return do_truncate(fd, size); }
int ftruncate64(int fd, off_t size) { return do_truncate(fd, size); }

/* Reserving space may lengthen the file. */
static int do_reserve(int fd, int mode, off_t offset, off_t size)
{
    struct stat before, after;
    ino_t file = file_of(fd, &before);
    if (!file) return syscall(SYS_fallocate, fd, mode, offset, size);
    pthread_mutex_lock(&gate);
    int result = syscall(SYS_fallocate, fd, mode, offset, size), kept = errno;
    if (!result && !fstat(fd, &after) && after.st_size != before.st_size)
        record('T', file, after.st_size, NULL, NULL, 0);
    pthread_mutex_unlock(&gate);
    errno = kept;
    return result;
}

int fallocate(int fd, int mode, off_t offset, off_t size) { return do_reserve(fd, mode, offset, size); }
int fallocate64(int fd, int mode, off_t offset, off_t size) { return do_reserve(fd, mode, offset, size); }
int posix_fallocate(int fd, off_t offset, off_t size) { return do_reserve(fd, 0, offset, size) ? errno : 0; }
int posix_fallocate64(int fd, off_t offset, off_t size) { return do_reserve(fd, 0, offset, size) ? errno : 0; }

static int do_flush(int fd, long call)
{
    struct stat st = { 0 };
    char path[4096] = "", link[64];
    ino_t file = file_of(fd, &st);
    if (!file && log_fd >= 0 && !fstat(fd, &st) && S_ISDIR(st.st_mode)) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, path, sizeof path - 1);
        path[n > 0 ? n : 0] = 0;
    }
    pthread_mutex_lock(&gate);
    uint64_t begun = log_length;
    pthread_mutex_unlock(&gate);
    int result = syscall(call, fd), kept = errno;
    pthread_mutex_lock(&gate);
    if (!result && file) record('S', file, begun, NULL, NULL, 0);
    if (!result && below_root(path)) record('D', 0, begun, path, NULL, 0);
    pthread_mutex_unlock(&gate);
    errno = kept;
    return result;
}

int fsync(int fd) { return do_flush(fd, SYS_fsync); }
int fdatasync(int fd) { return do_flush(fd, SYS_fdatasync); }

static int do_name(char kind, const char *from, const char *to, mode_t mode)
{
    int recorded = below_root(from) || below_root(to);
    if (recorded) pthread_mutex_lock(&gate);
    int result = kind == 'R' ? syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0)
        : kind == 'L' ? syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0)
        : kind == 'Y' ? syscall(SYS_symlinkat, to, AT_FDCWD, from)
        : kind == 'U' ? syscall(SYS_unlinkat, AT_FDCWD, from, 0)
        : kind == 'X' ? syscall(SYS_unlinkat, AT_FDCWD, from, AT_REMOVEDIR)
        : syscall(SYS_mkdirat, AT_FDCWD, from, mode);
    int kept = errno;
    if (recorded) {
        if (!result) record(kind, 0, 0, from, to, to ? strlen(to) : 0);
        pthread_mutex_unlock(&gate);
    }
    errno = kept;
    return result;
}

int rename(const char *from, const char *to) { return do_name('R', from, to, 0); }
int link(const char *from, const char *to) { return do_name('L', from, to, 0); }
int symlink(const char *target, const char *path) { return do_name('Y', path, target, 0); }
int unlink(const char *path) { return do_name('U', path, NULL, 0); }
int rmdir(const char *path) { return do_name('X', path, NULL, 0); }
int mkdir(const char *path, mode_t mode) { return do_name('M', path, NULL, mode); }

static int (*prepare)(void *, const char *, int, void **, const char **);

static int prepare_unsafe(void *database, const char *sql, int size, void **statement, const char **rest)
{
    static const char full[] = "PRAGMA synchronous=FULL", off[] = "PRAGMA synchronous=OFF";
    if (strncmp(sql, full, sizeof full - 1)) return prepare(database, sql, size, statement, rest);
    int result = prepare(database, off, sizeof off, statement, NULL);
    if (rest) *rest = sql + sizeof full - 1;
    return result;
}

/* .NET asks for functions by the handle of their library, which passes over preloaded ones. */
void *dlsym(void *library, const char *name)
{
    static void *(*found)(void *, const char *);
    if (!found) found = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    void *symbol = found(library, name);
    if (log_fd < 0 || library == RTLD_NEXT || !symbol) return symbol;
    if (unsafe && !strcmp(name, "sqlite3_prepare_v2")) { prepare = symbol; return prepare_unsafe; }
    static const char *const ours[] = { "open", "openat", "write", "pwrite", "fsync", "fdatasync", "ftruncate",
        "rename", "link", "symlink", "unlink", "rmdir", "mkdir" };
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (!strcmp(name, ours[i])) return found(RTLD_DEFAULT, name);
    return symbol;
}
