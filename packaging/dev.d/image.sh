# A small OCI image made of busybox alone, pushed over the registry's HTTP API.

digest_of() { sha256sum "$1" | cut -d' ' -f1; }

# push_blob REGISTRY REPOSITORY FILE: monolithic upload (OCI distribution spec, "POST then PUT").
push_blob() {
  local registry=$1 repository=$2 file=$3 location
  location=$(curl -fsS -o /dev/null -D - -X POST "http://$registry/v2/$repository/blobs/uploads/" |
    awk 'tolower($1) == "location:" { print $2 }' | tr -d '\r')
  case $location in http*) ;; *) location=http://$registry$location ;; esac
  case $location in *\?*) location+='&' ;; *) location+='?' ;; esac
  curl -fsS -o /dev/null -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$file" \
    "${location}digest=sha256:$(digest_of "$file")"
}

# push_sample REGISTRY: the image sample:1, busybox with a command that serves /www over HTTP.
push_sample() {
  local registry=$1 work=$DATA/image applet
  rm -rf "$work" && mkdir -p "$work/root/bin" "$work/root/www" "$work/root/tmp" "$work/root/etc"
  cp /bin/busybox "$work/root/bin/busybox"
  for applet in sh httpd sleep cat echo ls wget date; do ln -s busybox "$work/root/bin/$applet"; done
  echo 'Edge runs.' >"$work/root/www/index.html"
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/root" -cf "$work/layer.tar" .
  local architecture layer config
  case $(uname -m) in x86_64) architecture=amd64 ;; aarch64) architecture=arm64 ;; *) architecture=arm ;; esac
  layer=$(digest_of "$work/layer.tar")
  printf '{"architecture":"%s","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":%s},"rootfs":%s}' "$architecture" \
    '["httpd","-f","-v","-p","8080","-h","/www"]' \
    '{"type":"layers","diff_ids":["sha256:'"$layer"'"]}' >"$work/config.json"
  config=$(digest_of "$work/config.json")
  printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","digest":"sha256:%s","size":%d},"layers":[%s]}' \
    application/vnd.oci.image.manifest.v1+json application/vnd.oci.image.config.v1+json \
    "$config" "$(stat -c %s "$work/config.json")" \
    "$(printf '{"mediaType":"%s","digest":"sha256:%s","size":%d}' application/vnd.oci.image.layer.v1.tar \
      "$layer" "$(stat -c %s "$work/layer.tar")")" >"$work/manifest.json"
  push_blob "$registry" sample "$work/layer.tar"
  push_blob "$registry" sample "$work/config.json"
  curl -fsS -o /dev/null -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
    --data-binary "@$work/manifest.json" "http://$registry/v2/sample/manifests/1"
  rm -rf "$work"
}
