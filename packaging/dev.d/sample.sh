# The sample pod, and just enough of an API client to apply it and show it where there is no kubectl.

# Takes the client certificate out of the kubeconfig that the server wrote.
open_kubeconfig() {
  local field
  for field in certificate-authority-data client-certificate-data client-key-data; do
    (umask 077; sed -n "s/^ *$field: *//p" "$DATA/server/admin.kubeconfig" | base64 -d >"$DATA/run/$field.pem")
  done
}

# api METHOD PATH [curl arguments…]
api() {
  local method=$1 path=$2; shift 2
  # To a client that calls itself curl the server answers with line breaks, as Kubernetes does.
  curl -fsS -A packaging/dev -X "$method" --cacert "$DATA/run/certificate-authority-data.pem" \
    --cert "$DATA/run/client-certificate-data.pem" --key "$DATA/run/client-key-data.pem" \
    "https://$ADDRESS:6443$path" "$@"
}

run_sample() {
  step "applying packaging/sample.yaml"
  await 60 "a node" node_ready
  sed "s|REGISTRY|$REGISTRY|" packaging/sample.yaml |
    api POST /api/v1/namespaces/default/pods -H 'Content-Type: application/yaml' --data-binary @- >/dev/null
  await 60 "the sample pod" sample_ready
}

node_ready() { api GET /api/v1/nodes | grep -q '"type":"Ready","status":"True"\|"status":"True","type":"Ready"'; }

sample_ready() { api GET /api/v1/namespaces/default/pods/sample | grep -q '"phase":"Running"'; }

# The server's own Table answer, a row a line; kubectl's output where kubectl is.
show_cluster() {
  if command -v kubectl >/dev/null; then
    KUBECONFIG=$DATA/server/admin.kubeconfig kubectl get pods,nodes -o wide
    return
  fi
  local path
  for path in /api/v1/nodes /api/v1/namespaces/default/pods; do
    api GET "$path" -H 'Accept: application/json;as=Table;v=v1;g=meta.k8s.io' |
      grep -o '"cells":\[[^]]*\]' | sed 's/"cells":\[//; s/\]$//; s/"//g; s/,/\t/g'
  done
}
