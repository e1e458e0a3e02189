// What a program does with Kubernetes' own JavaScript client: node steps.mjs PACKAGE KUBECONFIG STEP.
// Exit codes: 0 done, 1 the server did something else.
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';

const [packageFolder, kubeconfig, step] = process.argv.slice(2);
const k8s = await import(pathToFileURL(`${packageFolder}/dist/index.js`));
const config = new k8s.KubeConfig();
config.loadFromFile(kubeconfig);
const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);

const namespace = `client-node-${step}`;
const patchAs = (strategy) => k8s.setHeaderOptions('Content-Type', strategy);
const configMap = (name, color, data = {}) => ({ metadata: { name, namespace, labels: { color } }, data });

function deployment(name, image) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image }, { name: 'side', image: 'side:1' }] },
      },
    },
  };
}

async function until(what, holds) {
  for (let tries = 0; tries < 300; tries++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`not within 30 s: ${what}`);
}

async function refused(code, call) {
  const error = await call().then(() => assert.fail(`succeeded instead of ${code}`), (fault) => fault);
  assert.equal(error.code, code, `${error}`);
  const status = typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
  assert.equal(status.kind, 'Status');
  return status;
}

const steps = {
  async informer() {
    const heard = [];
    const informer = k8s.makeInformer(
      config, `/api/v1/namespaces/${namespace}/configmaps`,
      () => core.listNamespacedConfigMap({ namespace, labelSelector: 'color=red' }), 'color=red');
    for (const event of ['add', 'update', 'delete']) {
      informer.on(event, (obj) => heard.push(`${event} ${obj.metadata.name}`));
    }
    // As its documentation has it: the client starts again when the server ends the watch.
    informer.on('error', () => setTimeout(() => informer.start(), 100));
    await core.createNamespacedConfigMap({ namespace, body: configMap('first', 'red') });
    await informer.start();
    await until('what is there', () => heard.includes('add first'));

    await core.createNamespacedConfigMap({ namespace, body: configMap('second', 'red') });
    await core.createNamespacedConfigMap({ namespace, body: configMap('other', 'blue') });
    await until('what comes', () => heard.includes('add second'));
    await core.patchNamespacedConfigMap(
      { namespace, name: 'first', body: { data: { a: '1' } } }, patchAs(k8s.PatchStrategy.MergePatch));
    await until('a change', () => heard.includes('update first'));
    assert.equal(informer.get('first', namespace).data.a, '1');

    // Out of the selection, and into it: a deletion and an addition.
    await core.patchNamespacedConfigMap(
      { namespace, name: 'second', body: { metadata: { labels: { color: 'blue' } } } },
      patchAs(k8s.PatchStrategy.MergePatch));
    await until('leaving the selection', () => heard.includes('delete second'));
    await core.patchNamespacedConfigMap(
      { namespace, name: 'other', body: { metadata: { labels: { color: 'red' } } } },
      patchAs(k8s.PatchStrategy.MergePatch));
    await until('entering the selection', () => heard.includes('add other'));
    await core.deleteNamespacedConfigMap({ namespace, name: 'first' });
    await until('a deletion', () => heard.includes('delete first'));
    assert.deepEqual(informer.list(namespace).map((obj) => obj.metadata.name), ['other']);
    await informer.stop();
  },

  async watch() {
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const list = await core.listNamespacedConfigMap({ namespace });
    const heard = [];
    const controller = await new k8s.Watch(config).watch(
      path, { resourceVersion: list.metadata.resourceVersion, allowWatchBookmarks: true },
      (type, obj) => heard.push([type, obj.metadata.name, Number(obj.metadata.resourceVersion)]), () => {});
    await core.createNamespacedConfigMap({ namespace, body: configMap('seen', 'red') });
    await core.patchNamespacedConfigMap(
      { namespace, name: 'seen', body: { data: { a: '1' } } }, patchAs(k8s.PatchStrategy.MergePatch));
    await core.deleteNamespacedConfigMap({ namespace, name: 'seen' });
    await until('three events', () => heard.filter(([, name]) => name === 'seen').length === 3);
    assert.deepEqual(
      heard.filter(([, name]) => name === 'seen').map(([type]) => type), ['ADDED', 'MODIFIED', 'DELETED']);
    const revisions = heard.map(([, , revision]) => revision);
    assert.deepEqual(revisions, [...revisions].sort((one, other) => one - other));
    controller.abort();

    let expired;
    await new k8s.Watch(config).watch(path, { resourceVersion: '1' }, (type, obj) => (expired ??= [type, obj]), () => {});
    await until('the end of a watch from the past', () => expired);
    assert.deepEqual([expired[0], expired[1].code, expired[1].reason], ['ERROR', 410, 'Expired']);
  },

  async patches() {
    await apps.createNamespacedDeployment({ namespace, body: deployment('web', 'web:1') });
    // The client's default is a JSON patch.
    await apps.patchNamespacedDeployment(
      { namespace, name: 'web', body: [{ op: 'add', path: '/metadata/labels', value: { tier: 'edge' } }] });
    const strategic = await apps.patchNamespacedDeployment(
      { namespace, name: 'web', body: { spec: { template: { spec: { containers: [{ name: 'main', image: 'web:2' }] } } } } },
      patchAs(k8s.PatchStrategy.StrategicMergePatch));
    assert.deepEqual(strategic.spec.template.spec.containers.map((one) => one.image), ['web:2', 'side:1']);
    const merged = await apps.patchNamespacedDeployment(
      { namespace, name: 'web', body: { metadata: { labels: { tier: null, site: 'a' } } } },
      patchAs(k8s.PatchStrategy.MergePatch));
    assert.deepEqual(merged.metadata.labels, { site: 'a' });
    const stale = structuredClone(strategic);
    stale.spec.minReadySeconds = 5;
    assert.equal((await refused(409, () => apps.replaceNamespacedDeployment({ namespace, name: 'web', body: stale }))).reason,
      'Conflict');
    await refused(422, () => apps.patchNamespacedDeployment(
      { namespace, name: 'web', body: { spec: { replicas: -1 } } }, patchAs(k8s.PatchStrategy.MergePatch)));
    const scaled = await apps.replaceNamespacedDeploymentScale(
      { namespace, name: 'web', body: { metadata: { name: 'web', namespace }, spec: { replicas: 0 } } });
    assert.equal(scaled.spec.replicas ?? 0, 0);
    await apps.deleteNamespacedDeployment({ namespace, name: 'web', propagationPolicy: 'Foreground' });
  },

  async objects() {
    const made = await objects.create(deployment('generic', 'web:1'));
    assert.ok(made.metadata.uid);
    const read = await objects.read({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'generic', namespace } });
    assert.equal(read.spec.strategy.type, 'RollingUpdate');
    const patched = await objects.patch(
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'generic', namespace, labels: { a: 'b' } } });
    assert.equal(patched.metadata.labels.a, 'b');
    patched.spec.minReadySeconds = 3;
    assert.equal((await objects.replace(patched)).spec.minReadySeconds, 3);
    const list = await objects.list('apps/v1', 'Deployment', namespace);
    assert.deepEqual(list.items.map((one) => one.metadata.name), ['generic']);
    await objects.delete(patched);
    await refused(404, () => objects.read({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'absent', namespace } }));
  },

  async apply() {
    const applied = (data, manager, force) => objects.patch(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied', namespace }, data },
      undefined, undefined, manager, force, k8s.PatchStrategy.ServerSideApply);
    await applied({ a: '1', b: '1' }, 'one', false);
    const shared = await applied({ b: '1', c: '1' }, 'two', false);
    assert.deepEqual(shared.data, { a: '1', b: '1', c: '1' });
    const status = await refused(409, () => applied({ a: '2' }, 'two', false));
    assert.equal(status.reason, 'Conflict');
    assert.match(status.message, /conflict with "one"/);
    assert.deepEqual(status.details.causes.map((cause) => [cause.reason, cause.field]),
      [['FieldManagerConflict', '.data.a']]);
    const forced = await applied({ a: '2' }, 'two', true);
    // What "two" applies no longer is gone, where nobody else has it.
    assert.deepEqual(forced.data, { a: '2', b: '1' });
    const dropped = await applied({}, 'one', false);
    assert.deepEqual(dropped.data, { a: '2' });
    assert.ok(dropped.metadata.managedFields.every((entry) => entry.operation === 'Apply'));
  },
};

try {
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  await steps[step]();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await core.deleteNamespace({ name: namespace }).catch(() => {});
}
process.exit();
