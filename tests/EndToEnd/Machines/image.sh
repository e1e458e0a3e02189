#!/usr/bin/env bash
# image.sh DIRECTORY: makes DIRECTORY/{root.tar,vmlinuz,initrd.img}, a Debian with systemd and what a node needs of the
# distribution, from this machine's own package sources. Nothing of Edge is in it; the tests add that.
set -euo pipefail
target=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. /etc/os-release

# dbus and the like are left out: an emulated processor starts a tenth of a desktop's services in a minute.
packages=linux-image-cloud-amd64,initramfs-tools,zstd,systemd,systemd-sysv,udev,kmod,procps,iproute2,nftables
packages+=,containerd,runc,containernetworking-plugins,mosquitto,docker-registry,libmosquitto1,libsqlite3-0
packages+=,libssl3,zlib1g,ca-certificates,sqlite3,busybox-static

# Its own file, since the argument may be of either form of apt's sources.
mkdir "$work/sources"
for sources in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
  [ -s "$sources" ] && cp "$sources" "$work/sources/"
done
mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
  --aptopt='Acquire::Languages "none"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook='printf "MODULES=list\nCOMPRESS=zstd\n" >"$1/etc/initramfs-tools/conf.d/edge"' \
  --customize-hook='printf "virtio_pci\nvirtio_blk\next4\n" >>"$1/etc/initramfs-tools/modules"' \
  --customize-hook='chroot "$1" update-initramfs -u' \
  --customize-hook='cp -L "$1"/vmlinuz "$1"/initrd.img '"$work" \
  --customize-hook='rm -rf "$1"/boot/* "$1"/initrd* "$1"/vmlinuz* "$1"/etc/apt/sources.list* "$1"/var/lib/apt/lists/*' \
  "$VERSION_CODENAME" "$work/root.tar" "$work"/sources/*
mkdir -p "$target"
cp "$work/vmlinuz" "$work/initrd.img" "$work/root.tar" "$target/"
