"""The cases of the gallery: one request for each kind of rule, none of which fits, and two questions about a place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """request: manifests as they are written. application, site: of a question about a place. leaving: an application
    of the world that ends, and when; lost: a site of it that went offline since the request fitted."""

    title: str
    request: str
    application: str | None = None
    site: str | None = None
    leaving: tuple[str, str] | None = None
    lost: str | None = None


CASES = (
    Case(
        "Room: more than there is",
        """\
metadata: {name: render}
spec:
  runtime: vm
  resources: {cpu: 32, memory: 96Gi}
  demand: [{where: {province: Guangdong, carrier: telecom}, instances: 250}]
""",
    ),
    Case(
        "Spread by share: three sites cannot hold at most 30 % each",
        """\
metadata: {name: player}
spec:
  runtime: container
  resources: {cpu: 4, memory: 8Gi}
  demand: [{where: {province: Guangdong, carrier: telecom}, instances: 400}]
  spread: [{over: site, maxShare: 30%}]
""",
    ),
    Case(
        "Spread by number of domains: more cities than there are",
        """\
metadata: {name: resolver}
spec:
  runtime: container
  resources: {cpu: 1, memory: 2Gi}
  demand: [{where: {province: [Guangdong, Guangxi], carrier: telecom}, instances: 12}]
  spread: [{over: city, minDomains: 4}]
""",
    ),
    Case(
        "Spread by instances: at most two on a server",
        """\
metadata: {name: probe}
spec:
  runtime: container
  resources: {cpu: 500m, memory: 1Gi}
  demand: [{where: {province: Guangdong, carrier: telecom}, instances: 300}]
  spread: [{over: server, maxInstances: 2}]
""",
    ),
    Case(
        "Survival: too much in one place to lose it",
        """\
metadata: {name: signalling}
spec:
  runtime: container
  resources: {cpu: 2, memory: 4Gi}
  demand: [{where: {province: Guangdong, carrier: telecom}, instances: 90}]
  survives: {lossOf: site, count: 1, keep: 80%}
""",
    ),
    Case(
        "Together: no rack is large enough",
        """\
metadata: {name: training}
spec:
  runtime: container
  resources: {cpu: 8, memory: 16Gi}
  demand: [{where: {province: Guangdong}, instances: 600}]
  together: [{at: rack}]
""",
    ),
    Case(
        "Apart: the others are everywhere",
        """\
metadata: {name: vault}
spec:
  runtime: vm
  resources: {cpu: 2, memory: 8Gi}
  demand: [{where: {province: Guangdong, carrier: telecom}, instances: 30}]
  apartFrom: [{at: site, applications: [orchid/gateway]}]
""",
    ),
    Case(
        "Capabilities: none offers both",
        """\
metadata: {name: inference}
spec:
  runtime: container
  resources: {cpu: 4, memory: 16Gi}
  demand: [{where: {province: Guangdong}, instances: 20}]
  requires: [gpu.t4, disk.nvme]
""",
    ),
    Case(
        "Capabilities: what is forbidden is everywhere",
        """\
metadata: {name: bare}
spec:
  runtime: container
  resources: {cpu: 4, memory: 16Gi}
  demand: [{where: {province: Guangdong, carrier: telecom}, instances: 20}]
  forbids: [disk.cloud, disk.local]
""",
    ),
    Case(
        "NUMA: no server is divided",
        """\
metadata: {name: packet-core}
spec:
  runtime: vm
  resources: {cpu: 16, memory: 64Gi}
  numaCells: 2
  demand: [{where: {province: Guangdong}, instances: 4}]
""",
    ),
    Case(
        "Latency: the near sites are too few",
        """\
metadata: {name: game}
spec:
  runtime: container
  resources: {cpu: 2, memory: 4Gi}
  demand:
    - instances: 400
      within: {latencyMs: 7, of: {province: Hainan, carrier: telecom}}
""",
    ),
    Case(
        "Master and child: room for the master, but not beside its child",
        """\
metadata: {name: function}
spec:
  runtime: container
  resources: {cpu: 1, memory: 2Gi}
  demand: [{where: {province: Guangdong, carrier: telecom}, instances: 400}]
---
metadata: {name: index}
spec:
  runtime: container
  resources: {cpu: 64, memory: 128Gi}
  master: {application: function, ratio: 5}
""",
    ),
    Case(
        "One in each: some site is too small",
        """\
metadata: {name: mirror}
spec:
  runtime: vm
  resources: {cpu: 16, memory: 32Gi}
  demand: [{where: {province: Guangdong, carrier: telecom}, instancesPerSite: 60}]
""",
    ),
    Case(
        "GPUs: no server has so many",
        """\
metadata: {name: training}
spec:
  runtime: container
  resources: {cpu: 8, memory: 16Gi, gpu: 8}
  demand: [{where: {province: Guangdong}, instances: 1}]
""",
    ),
    Case(
        "Standby: the others cannot take over what the largest site loses",
        """\
metadata: {name: switch}
spec:
  runtime: container
  resources: {cpu: 4, memory: 8Gi}
  demand: [{where: {site: [zhongshan-telecom-1, yangjiang-telecom-1]}, instances: 90}]
  survives: {lossOf: site, keep: 100%, standby: shared}
""",
    ),
    Case(
        "Time: when room becomes free",
        """\
metadata: {name: festival}
spec:
  runtime: vm
  resources: {cpu: 8, memory: 16Gi}
  demand: [{where: {city: Yangjiang}, instances: 38}]
""",
        leaving=("orchid/gateway", "2027-03-01T00:00:00+08:00"),
    ),
    Case(
        "A batch: refusals by common cause",
        """\
metadata: {name: cache, namespace: bluefin}
spec:
  runtime: container
  resources: {cpu: 8, memory: 64Gi}
  demand: [{where: {city: Yangjiang}, instances: 60}]
---
metadata: {name: relay, namespace: ginkgo}
spec:
  runtime: vm
  resources: {cpu: 16, memory: 32Gi}
  demand: [{where: {city: Yangjiang}, instances: 40}]
---
metadata: {name: portal, namespace: acacia}
spec:
  runtime: container
  resources: {cpu: 1, memory: 2Gi}
  demand: [{where: {province: Guangdong}, instances: 20}]
""",
    ),
    Case(
        "What changed since it fitted",
        """\
metadata: {name: player}
spec:
  runtime: container
  resources: {cpu: 4, memory: 8Gi}
  demand: [{where: {province: Guangdong, carrier: telecom}, instances: 300}]
  spread: [{over: site, maxShare: 50%}]
""",
        lost="zhongshan-telecom-1",
    ),
    Case(
        "Priority: what would have to be released",
        """\
metadata: {name: urgent}
spec:
  runtime: vm
  resources: {cpu: 8, memory: 16Gi}
  priority: 100
  demand: [{where: {city: Yangjiang}, instances: 45}]
""",
    ),
    Case(
        "Why here",
        """\
metadata: {name: player}
spec:
  runtime: container
  resources: {cpu: 4, memory: 8Gi}
  demand: [{where: {province: Guangdong, carrier: telecom}, instances: 100}]
  spread: [{over: site, maxShare: 60%}]
""",
        application="player",
        site="zhongshan-telecom-1",
    ),
    Case(
        "Why not there",
        """\
metadata: {name: player}
spec:
  runtime: container
  resources: {cpu: 4, memory: 8Gi}
  demand: [{where: {province: Guangdong, carrier: telecom}, instances: 40}]
""",
        application="player",
        site="shenzhen-telecom-1",
    ),
)
