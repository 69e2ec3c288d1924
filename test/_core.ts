/** A part of the core, whose coverage is measured and held. */
export interface CorePart {
  readonly name: string;
  /** Globs of its sources. */
  readonly sources: readonly string[];
  /** Where the tests of them stand: each the beginning of a path. */
  readonly tests: readonly string[];
}

/** Where an error loses data, does a thing twice or lets somebody in: CONTRIBUTING.md says why these and no others. */
export const core: readonly CorePart[] = [
  {
    name: "pipeline",
    sources: ["packages/policy/src/**/*.ts"],
    tests: ["packages/policy/"],
  },
  {
    name: "flow",
    sources: ["packages/flow/src/**/*.ts"],
    tests: ["packages/flow/"],
  },
  {
    name: "stores",
    sources: ["packages/store/src/**/*.ts"],
    tests: ["packages/store/"],
  },
  {
    name: "guards",
    sources: [
      "servers/database/src/guard/*.ts",
      "packages/access/src/**/*.ts",
      "packages/events/src/webhooks/{destination,public-address}.ts",
      "apps/bridge/src/private-hosts.ts",
      "apps/bridge/src/sign-in/guarded-fetch.ts",
    ],
    tests: [
      "servers/database/src/guard/",
      "servers/database/src/structure/visibility.test.ts",
      "servers/database/src/cli/cli.test.ts",
      "servers/database/test/attacks/",
      "servers/database/test/fuzz/guard.property.test.ts",
      "servers/database/test/withheld-values.test.ts",
      "packages/access/",
      "packages/events/src/webhooks/destination.test.ts",
      "apps/bridge/src/private-hosts.test.ts",
      "apps/bridge/src/sign-in/guarded-fetch.test.ts",
    ],
  },
  {
    name: "reducers",
    sources: [
      "servers/orchestrator/src/swarms/core/*.ts",
      "servers/orchestrator/src/engine/{fold-run,run-view}.ts",
      "servers/tracker/src/store/commit/*.ts",
      "servers/tracker/src/health/{alert,judge,suppression,target-state}.ts",
      "servers/objects/src/core/*.ts",
      "servers/objects/src/classes/*.ts",
    ],
    tests: [
      "servers/orchestrator/src/swarms/",
      "servers/orchestrator/src/engine/",
      "servers/orchestrator/test/swarm-model.test.ts",
      "servers/tracker/src/store/commit/",
      "servers/tracker/src/store/sqlite/sqlite.test.ts",
      "servers/tracker/src/health/",
      "servers/objects/src/core/",
      "servers/objects/src/classes/",
      "servers/objects/test/host-contract/local.test.ts",
    ],
  },
];
