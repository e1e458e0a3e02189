/*
 * NVML and the CUDA driver without a GPU: one library that goes by both names, libnvidia-ml.so.1 and libcuda.so.1, and
 * says what a fixture file says. EDGE_GPU_FIXTURE names that file; without it, it is `gpus` beside the library.
 *
 * A fixture is lines of words; `#` begins a comment.
 *   driver 550.54.15 | nvml 12.550.54.15 | cuda 12040          of the system
 *   cuda-count 7                                               what CUDA finds, if not all
 *   return FUNCTION CODE [gpu N]                               FUNCTION may be * (with a gpu)
 *   hang FUNCTION [gpu N]                                      does not return
 *   abort FUNCTION                                             ends the caller
 *   gpu UUID                                                   begins a GPU; the lines after it are about it
 *   name TEXT | minor N | bus 00000000:19:00.0 | memory TOTAL RESERVED FREE USED | load GPU MEMORY | temperature C
 *   power mW | limit mW | energy mJ | compute MAJOR MINOR | ecc CURRENT PENDING | errors N | recovery N | virtual N
 *   clocks SM MEMORY | coders ENCODER DECODER | replays N | memory-temperature C | rows CORRECTED UNCORRECTED FAILED
 *   integrated 1 | total BYTES (CUDA's, if not that of memory) | mig ENABLED MAX
 *   instance UUID SLOT GI CI GI-SLICES CI-SLICES MiB [PROCESSORS COPY DECODER ENCODER JPEG OFA]
 *                                                              a MIG device
 *   link N BUS                                                 an active NVLink and what is at its other end
 *   near N LEVEL                                               common ancestor with GPU N (nvmlGpuTopologyLevel_t)
 * What is not said is NOT_SUPPORTED. It is read at each nvmlInit and cuInit.
 *
 * Events are lines appended to FIXTURE.events:
 *   xid GPU XID [GI CI] | event GPU TYPE DATA | fail CODE      the last ends the wait with a code
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

enum { OK = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7, TIMED_OUT = 10,
       WRONG_VERSION = 25 };
enum { GPUS = 16, INSTANCES = 8, LINKS = 36, RULES = 64, TEXT = 96 };

typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } MemoryV2;
typedef struct { char legacy[16]; unsigned domain, bus, device, deviceId, subsystemId; char id[32]; } Pci;
typedef struct { void *device; unsigned long long type, data; unsigned gi, ci; } Event;
typedef struct { unsigned gpu, memory; } Load;
typedef struct { unsigned processors, copy, decoder, encoder, jpeg, ofa, giSlices, ciSlices;
                 unsigned long long mebibytes; } Attributes;
typedef struct { unsigned field, scope; long long timestamp, latency; unsigned type; int rc;
                 union { double d; unsigned long long ull; unsigned u; } value; } Field;

_Static_assert(sizeof(Memory) == 24, "nvmlMemory_t");
_Static_assert(sizeof(MemoryV2) == 40 && offsetof(MemoryV2, total) == 8, "nvmlMemory_v2_t");
_Static_assert(sizeof(Pci) == 68 && offsetof(Pci, domain) == 16 && offsetof(Pci, id) == 36, "nvmlPciInfo_t");
_Static_assert(sizeof(Event) == 32 && offsetof(Event, data) == 16 && offsetof(Event, gi) == 24, "nvmlEventData_t");
_Static_assert(sizeof(Load) == 8, "nvmlUtilization_t");
_Static_assert(sizeof(Attributes) == 40 && offsetof(Attributes, mebibytes) == 32, "nvmlDeviceAttributes_t");
_Static_assert(sizeof(Field) == 40 && offsetof(Field, rc) == 28 && offsetof(Field, value) == 32, "nvmlFieldValue_t");

typedef struct Device {
  struct Device *parent; /* null of a whole GPU */
  char uuid[TEXT];
  char name[TEXT];
  char bus[32];
  long long minor, load[2], temperature, power, limit, energy, compute[2], ecc[2], errors, recovery, virtualization;
  long long integrated, total, mig[2], clocks[2], coders[2], replays, memoryTemperature, rows[3];
  unsigned long long memory[4];
  int hasMemory;
  unsigned slot, gi, ci, giSlices, ciSlices, processors, engines[5];
  char links[LINKS][32];
  int near[GPUS];
} Device;

typedef struct { char function[64]; int code, gpu; char act; } Rule; /* act: return, hang, abort */

static struct {
  int initialized, gpus, rules, cuda, cudaCount;
  char driver[TEXT], nvml[TEXT], path[PATH_MAX];
  Device gpu[GPUS];
  Device instance[GPUS][INSTANCES];
  int instances[GPUS];
  Rule rule[RULES];
} s;

static int indexOf(const Device *device) { return (int)((device->parent ? device->parent : device) - s.gpu); }

static void locate(void) {
  const char *given = getenv("EDGE_GPU_FIXTURE");
  Dl_info self;
  if (given) { snprintf(s.path, sizeof s.path, "%s", given); return; }
  if (!dladdr((void *)locate, &self)) return;
  snprintf(s.path, sizeof s.path, "%s", self.dli_fname);
  char *name = strrchr(s.path, '/');
  snprintf(name ? name + 1 : s.path, 8, "gpus");
}

static Device *begin(const char *uuid) {
  Device *gpu = &s.gpu[s.gpus++];
  memset(gpu, 0xff, sizeof *gpu); /* -1: not said */
  gpu->parent = NULL;
  gpu->hasMemory = 0;
  gpu->name[0] = gpu->bus[0] = 0;
  for (int i = 0; i < LINKS; i++) gpu->links[i][0] = 0;
  snprintf(gpu->uuid, sizeof gpu->uuid, "%s", uuid);
  return gpu;
}

static void number(const char *rest, long long *into, int count) {
  char *end;
  for (int i = 0; i < count; i++, rest = end) into[i] = strtoll(rest, &end, 0);
}

static void read_line(Device **gpu, char *line) {
  char word[32], text[TEXT];
  int used = 0;
  line[strcspn(line, "#\n")] = 0;
  if (sscanf(line, " %31s %n", word, &used) != 1) return;
  char *rest = line + used;
  for (size_t n = strlen(rest); n > 0 && rest[n - 1] == ' '; n--) rest[n - 1] = 0;
  Rule *rule = &s.rule[s.rules];
  if (!strcmp(word, "driver")) snprintf(s.driver, sizeof s.driver, "%s", rest);
  else if (!strcmp(word, "nvml")) snprintf(s.nvml, sizeof s.nvml, "%s", rest);
  else if (!strcmp(word, "cuda")) s.cuda = atoi(rest);
  else if (!strcmp(word, "cuda-count")) s.cudaCount = atoi(rest);
  else if (!strcmp(word, "return") && s.rules < RULES) {
    rule->gpu = -1; rule->act = 'r';
    if (sscanf(rest, "%63s %d gpu %d", rule->function, &rule->code, &rule->gpu) >= 2) s.rules++;
  } else if ((!strcmp(word, "hang") || !strcmp(word, "abort")) && s.rules < RULES) {
    rule->gpu = -1; rule->act = word[0];
    if (sscanf(rest, "%63s gpu %d", rule->function, &rule->gpu) >= 1) s.rules++;
  } else if (!strcmp(word, "gpu") && s.gpus < GPUS) *gpu = begin(rest);
  else if (!*gpu) return;
  else if (!strcmp(word, "name")) snprintf((*gpu)->name, TEXT, "%s", rest);
  else if (!strcmp(word, "bus")) snprintf((*gpu)->bus, 32, "%.31s", rest);
  else if (!strcmp(word, "minor")) number(rest, &(*gpu)->minor, 1);
  else if (!strcmp(word, "memory")) { number(rest, (long long *)(*gpu)->memory, 4); (*gpu)->hasMemory = 1; }
  else if (!strcmp(word, "load")) number(rest, (*gpu)->load, 2);
  else if (!strcmp(word, "temperature")) number(rest, &(*gpu)->temperature, 1);
  else if (!strcmp(word, "power")) number(rest, &(*gpu)->power, 1);
  else if (!strcmp(word, "limit")) number(rest, &(*gpu)->limit, 1);
  else if (!strcmp(word, "energy")) number(rest, &(*gpu)->energy, 1);
  else if (!strcmp(word, "compute")) number(rest, (*gpu)->compute, 2);
  else if (!strcmp(word, "ecc")) number(rest, (*gpu)->ecc, 2);
  else if (!strcmp(word, "errors")) number(rest, &(*gpu)->errors, 1);
  else if (!strcmp(word, "recovery")) number(rest, &(*gpu)->recovery, 1);
  else if (!strcmp(word, "clocks")) number(rest, (*gpu)->clocks, 2);
  else if (!strcmp(word, "coders")) number(rest, (*gpu)->coders, 2);
  else if (!strcmp(word, "replays")) number(rest, &(*gpu)->replays, 1);
  else if (!strcmp(word, "memory-temperature")) number(rest, &(*gpu)->memoryTemperature, 1);
  else if (!strcmp(word, "rows")) number(rest, (*gpu)->rows, 3);
  else if (!strcmp(word, "virtual")) number(rest, &(*gpu)->virtualization, 1);
  else if (!strcmp(word, "integrated")) number(rest, &(*gpu)->integrated, 1);
  else if (!strcmp(word, "total")) number(rest, &(*gpu)->total, 1);
  else if (!strcmp(word, "mig")) number(rest, (*gpu)->mig, 2);
  else if (!strcmp(word, "link") && sscanf(rest, "%lld %31s", &(long long){0}, text) == 2) {
    int link = atoi(rest);
    if (link >= 0 && link < LINKS) snprintf((*gpu)->links[link], 32, "%.31s", text);
  } else if (!strcmp(word, "near")) {
    long long pair[2];
    number(rest, pair, 2);
    if (pair[0] >= 0 && pair[0] < GPUS) (*gpu)->near[pair[0]] = (int)pair[1];
  } else if (!strcmp(word, "instance")) {
    int owner = indexOf(*gpu);
    if (s.instances[owner] == INSTANCES) return;
    Device *mig = &s.instance[owner][s.instances[owner]++];
    *mig = (Device){.parent = *gpu, .hasMemory = 1};
    unsigned long long mebibytes;
    unsigned *engines = mig->engines;
    sscanf(rest, "%95s %u %u %u %u %u %llu %u %u %u %u %u %u", mig->uuid, &mig->slot, &mig->gi, &mig->ci,
           &mig->giSlices, &mig->ciSlices, &mebibytes, &mig->processors, &engines[0], &engines[1], &engines[2],
           &engines[3], &engines[4]);
    mig->memory[0] = mig->memory[2] = mebibytes << 20;
    snprintf(mig->name, TEXT, "%.80s MIG", (*gpu)->name);
  }
}

static int load(void) {
  char line[512];
  Device *gpu = NULL;
  memset(&s, 0, sizeof s);
  s.cuda = s.cudaCount = -1;
  locate();
  FILE *file = fopen(s.path, "re");
  if (!file) return 9; /* DRIVER_NOT_LOADED */
  while (fgets(line, sizeof line, file)) read_line(&gpu, line);
  fclose(file);
  return OK;
}

/* What the fixture says of a call; -1 when nothing. */
static int scripted(const char *function, const Device *device) {
  for (int i = 0; i < s.rules; i++) {
    const Rule *rule = &s.rule[i];
    int all = !strcmp(rule->function, "*");
    if (!all && strcmp(rule->function, function)) continue;
    if (rule->gpu >= 0 && (!device || indexOf(device) != rule->gpu)) continue;
    if (all && !device) continue;
    if (rule->act == 'a') abort();
    while (rule->act == 'h') pause();
    return rule->code;
  }
  return -1;
}

#define ENTER(device) \
  do { \
    if (!s.initialized) return UNINITIALIZED; \
    int rc_ = scripted(__func__, device); \
    if (rc_ >= 0) return rc_; \
  } while (0)
#define SAY(into, said) \
  do { \
    if ((said) < 0) return NOT_SUPPORTED; \
    *(into) = (said); \
    return OK; \
  } while (0)

static int say(char *into, unsigned size, const char *text) {
  if (!text[0]) return NOT_SUPPORTED;
  if (strlen(text) >= size) return TOO_SMALL;
  strcpy(into, text);
  return OK;
}

int nvmlInit_v2(void) {
  int rc = load();
  if (rc != OK) return rc;
  rc = scripted(__func__, NULL);
  s.initialized = rc <= 0;
  return rc < 0 ? OK : rc;
}
int nvmlShutdown(void) { ENTER(NULL); s.initialized = 0; return OK; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { ENTER(NULL); return say(text, size, s.driver); }
int nvmlSystemGetNVMLVersion(char *text, unsigned size) { ENTER(NULL); return say(text, size, s.nvml); }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { ENTER(NULL); SAY(version, s.cuda); }
int nvmlDeviceGetCount_v2(unsigned *count) { ENTER(NULL); *count = (unsigned)s.gpus; return OK; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, Device **device) {
  if (index >= (unsigned)s.gpus) return INVALID;
  ENTER(&s.gpu[index]);
  *device = &s.gpu[index];
  return OK;
}
int nvmlDeviceGetName(Device *d, char *text, unsigned size) { ENTER(d); return say(text, size, d->name); }
int nvmlDeviceGetUUID(Device *d, char *text, unsigned size) { ENTER(d); return say(text, size, d->uuid); }
int nvmlDeviceGetMinorNumber(Device *d, unsigned *minor) { ENTER(d); SAY(minor, d->minor); }
int nvmlDeviceGetPciInfo_v3(Device *d, Pci *pci) {
  ENTER(d);
  if (!d->bus[0]) return NOT_SUPPORTED;
  memset(pci, 0, sizeof *pci);
  sscanf(d->bus, "%x:%x:%x", &pci->domain, &pci->bus, &pci->device);
  pci->deviceId = 0x233010DE;
  snprintf(pci->id, sizeof pci->id, "%s", d->bus);
  snprintf(pci->legacy, sizeof pci->legacy, "%s", d->bus + 4);
  return OK;
}
int nvmlDeviceGetMemoryInfo(Device *d, Memory *memory) {
  ENTER(d);
  if (!d->hasMemory) return NOT_SUPPORTED;
  *memory = (Memory){d->memory[0], d->memory[2], d->memory[1] + d->memory[3]};
  return OK;
}
#ifndef OLD_DRIVER
int nvmlDeviceGetMemoryInfo_v2(Device *d, MemoryV2 *memory) {
  ENTER(d);
  if (memory->version != (sizeof *memory | 2 << 24)) return WRONG_VERSION;
  if (!d->hasMemory) return NOT_SUPPORTED;
  memory->total = d->memory[0]; memory->reserved = d->memory[1];
  memory->free = d->memory[2]; memory->used = d->memory[3];
  return OK;
}
int nvmlDeviceGetFieldValues(Device *d, int count, Field *fields) {
  ENTER(d);
  for (int i = 0; i < count; i++) {
    long long said = -1;
    switch (fields[i].field) {
      case 82: said = d->memoryTemperature; break;
      case 142: said = d->rows[0]; break;
      case 143: said = d->rows[1]; break;
      case 145: said = d->rows[2]; break;
      case 230: said = d->recovery; break;
    }
    fields[i].rc = said >= 0 ? OK : NOT_SUPPORTED;
    fields[i].type = 1;
    fields[i].value.u = (unsigned)said;
  }
  return OK;
}
#endif
int nvmlDeviceGetUtilizationRates(Device *d, Load *load) {
  ENTER(d);
  if (d->load[0] < 0) return NOT_SUPPORTED;
  *load = (Load){(unsigned)d->load[0], (unsigned)d->load[1]};
  return OK;
}
int nvmlDeviceGetTemperature(Device *d, int sensor, unsigned *celsius) {
  ENTER(d);
  if (sensor != 0) return INVALID;
  SAY(celsius, d->temperature);
}
int nvmlDeviceGetClockInfo(Device *d, int clock, unsigned *MHz) {
  ENTER(d);
  if (clock != 1 && clock != 2) return INVALID;
  SAY(MHz, d->clocks[clock - 1]);
}
static int coder(Device *d, int at, unsigned *load, unsigned *period) {
  if (d->coders[at] < 0) return NOT_SUPPORTED;
  *period = 167000;
  *load = (unsigned)d->coders[at];
  return OK;
}
int nvmlDeviceGetEncoderUtilization(Device *d, unsigned *load, unsigned *us) { ENTER(d); return coder(d, 0, load, us); }
int nvmlDeviceGetDecoderUtilization(Device *d, unsigned *load, unsigned *us) { ENTER(d); return coder(d, 1, load, us); }
int nvmlDeviceGetPcieReplayCounter(Device *d, unsigned *count) { ENTER(d); SAY(count, d->replays); }
int nvmlDeviceGetPowerUsage(Device *d, unsigned *mW) { ENTER(d); SAY(mW, d->power); }
int nvmlDeviceGetEnforcedPowerLimit(Device *d, unsigned *mW) { ENTER(d); SAY(mW, d->limit); }
int nvmlDeviceGetTotalEnergyConsumption(Device *d, unsigned long long *mJ) { ENTER(d); SAY(mJ, d->energy); }
int nvmlDeviceGetCudaComputeCapability(Device *d, int *major, int *minor) {
  ENTER(d);
  if (d->compute[0] < 0) return NOT_SUPPORTED;
  *major = (int)d->compute[0];
  *minor = (int)d->compute[1];
  return OK;
}
int nvmlDeviceGetVirtualizationMode(Device *d, unsigned *mode) { ENTER(d); SAY(mode, d->virtualization); }
int nvmlDeviceGetTopologyCommonAncestor(Device *a, Device *b, unsigned *level) {
  ENTER(a);
  SAY(level, a->near[indexOf(b)]);
}
int nvmlDeviceGetP2PStatus(Device *a, Device *b, int capability, int *status) {
  ENTER(a);
  int linked = 0;
  for (int i = 0; i < LINKS; i++) linked |= a->links[i][0] && b->links[i][0];
  *status = capability == 2 && linked ? 0 : 5; /* OK, NOT_SUPPORTED */
  return OK;
}
int nvmlDeviceGetNvLinkState(Device *d, unsigned link, unsigned *active) {
  ENTER(d);
  if (link >= LINKS) return INVALID;
  int any = 0;
  for (int i = 0; i < LINKS; i++) any |= d->links[i][0];
  if (!any) return NOT_SUPPORTED;
  *active = d->links[link][0] != 0;
  return OK;
}
int nvmlDeviceGetNvLinkRemotePciInfo_v2(Device *d, unsigned link, Pci *pci) {
  ENTER(d);
  if (link >= LINKS || !d->links[link][0]) return INVALID;
  memset(pci, 0, sizeof *pci);
  snprintf(pci->id, sizeof pci->id, "%s", d->links[link]);
  return OK;
}
int nvmlDeviceGetMigMode(Device *d, unsigned *current, unsigned *pending) {
  ENTER(d);
  *pending = d->mig[0] > 0;
  SAY(current, d->mig[0]);
}
int nvmlDeviceGetMaxMigDeviceCount(Device *d, unsigned *count) { ENTER(d); SAY(count, d->mig[1]); }
int nvmlDeviceGetMigDeviceHandleByIndex(Device *d, unsigned slot, Device **mig) {
  ENTER(d);
  for (int i = 0, owner = indexOf(d); i < s.instances[owner]; i++) {
    if (s.instance[owner][i].slot == slot) { *mig = &s.instance[owner][i]; return OK; }
  }
  return NOT_FOUND;
}
int nvmlDeviceGetGpuInstanceId(Device *d, unsigned *id) { ENTER(d); *id = d->gi; return d->parent ? OK : INVALID; }
int nvmlDeviceGetComputeInstanceId(Device *d, unsigned *id) { ENTER(d); *id = d->ci; return d->parent ? OK : INVALID; }
int nvmlDeviceGetAttributes_v2(Device *d, Attributes *attributes) {
  ENTER(d);
  if (!d->parent) return NOT_SUPPORTED;
  *attributes = (Attributes){
      .processors = d->processors, .copy = d->engines[0], .decoder = d->engines[1], .encoder = d->engines[2],
      .jpeg = d->engines[3], .ofa = d->engines[4], .giSlices = d->giSlices, .ciSlices = d->ciSlices,
      .mebibytes = d->memory[0] >> 20};
  return OK;
}
int nvmlDeviceGetEccMode(Device *d, unsigned *current, unsigned *pending) {
  ENTER(d);
  *pending = d->ecc[1] > 0;
  SAY(current, d->ecc[0]);
}
int nvmlDeviceGetTotalEccErrors(Device *d, int error, int counter, unsigned long long *count) {
  ENTER(d);
  if (error != 1 || counter != 0) return INVALID;
  SAY(count, d->errors);
}

typedef struct { int watch; long offset; unsigned registered; } Set;

int nvmlDeviceGetSupportedEventTypes(Device *d, unsigned long long *types) { ENTER(d); *types = 0xC00B; return OK; }
int nvmlEventSetCreate(Set **set) {
  ENTER(NULL);
  *set = calloc(1, sizeof **set);
  (*set)->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  char directory[PATH_MAX];
  snprintf(directory, sizeof directory, "%s", s.path);
  *strrchr(directory, '/') = 0;
  inotify_add_watch((*set)->watch, directory, IN_MODIFY | IN_CREATE | IN_CLOSE_WRITE);
  return OK;
}
int nvmlDeviceRegisterEvents(Device *d, unsigned long long types, Set *set) {
  ENTER(d);
  if (types & ~0xC00BULL) return NOT_SUPPORTED;
  set->registered |= 1u << indexOf(d);
  return OK;
}
int nvmlEventSetFree(Set *set) { close(set->watch); free(set); return OK; }

/* The next whole line after the offset; -1 when there is none yet. */
static int next_event(Set *set, Event *event) {
  char path[PATH_MAX + 8], line[128];
  snprintf(path, sizeof path, "%s.events", s.path);
  FILE *file = fopen(path, "re");
  int found = -1;
  if (!file) return -1;
  fseek(file, set->offset, SEEK_SET);
  while (found < 0 && fgets(line, sizeof line, file) && strchr(line, '\n')) {
    set->offset = ftell(file);
    unsigned gpu = 0, gi = 0xFFFFFFFF, ci = 0xFFFFFFFF;
    unsigned long long type = 8, data = 0;
    if (sscanf(line, "fail %d", &found) == 1) break;
    if (sscanf(line, "xid %u %llu %u %u", &gpu, &data, &gi, &ci) < 2
        && sscanf(line, "event %u %llx %llu", &gpu, &type, &data) != 3) continue;
    if (gpu >= (unsigned)s.gpus || !(set->registered & 1u << gpu)) continue;
    *event = (Event){&s.gpu[gpu], type, data, gi, ci};
    found = OK;
  }
  fclose(file);
  return found;
}
int nvmlEventSetWait_v2(Set *set, Event *event, unsigned milliseconds) {
  ENTER(NULL);
  for (;;) {
    int found = next_event(set, event);
    if (found >= 0) return found;
    struct pollfd entry = {set->watch, POLLIN, 0};
    if (poll(&entry, 1, (int)milliseconds) == 0) return TIMED_OUT;
    char drained[4096];
    while (read(set->watch, drained, sizeof drained) > 0) continue;
  }
}

/* The CUDA driver API. A device is its number. */
int cuInit(unsigned flags) {
  int rc = load();
  if (rc == OK) rc = scripted(__func__, NULL);
  if (flags || rc > 0) return rc > 0 ? rc : 1;
  s.initialized = 1;
  return s.gpus ? 0 : 100;
}
int cuDriverGetVersion(int *version) { *version = s.cuda; return 0; }
int cuDeviceGetCount(int *count) { ENTER(NULL); *count = s.cudaCount >= 0 ? s.cudaCount : s.gpus; return 0; }
int cuDeviceGet(int *device, int ordinal) { ENTER(NULL); *device = ordinal; return ordinal < s.gpus ? 0 : 101; }
int cuDeviceTotalMem_v2(size_t *bytes, int device) {
  Device *d = &s.gpu[device];
  ENTER(d);
  *bytes = d->total >= 0 ? (size_t)d->total : (size_t)(d->memory[0] - d->memory[1]);
  return 0;
}
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  Device *d = &s.gpu[device];
  ENTER(d);
  unsigned domain = 0, bus = 0, slot = 0;
  sscanf(d->bus, "%x:%x:%x", &domain, &bus, &slot);
  switch (attribute) {
    case 18: *value = d->integrated > 0; return 0;
    case 33: *value = (int)bus; return 0;
    case 34: *value = (int)slot; return 0;
    case 50: *value = (int)domain; return 0;
    case 75: *value = (int)d->compute[0]; return 0;
    case 76: *value = (int)d->compute[1]; return 0;
    default: return 1;
  }
}
