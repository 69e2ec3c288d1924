import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type Reporter, type TestCase, type TestSpecification } from "vitest/node";

/** Where a machine wants the runner's own account of what it did. */
const report = process.env.TEST_REPORT;

const treeTests = fileURLToPath(new URL("test/", import.meta.url));

const everything = [
  "{apps,packages,servers,examples}/*/{src,test}/**/*.test.ts",
  "test/**/*.test.ts",
];

/**
 * Tests of what runs within one process, which are over sooner than a process of their own has started and loaded what
 * they test. They take turns in a few processes, and each leaves its process as it found it. All others wait for programs
 * that they start: sharing gains them nothing, and copies of a library that each load would meet.
 */
const together = [
  "packages/!(store)/src/**/*.test.ts",
  "servers/*/src/**/*.test.ts",
  "apps/dashboard/src/**/*.test.ts",
  // Without those that speak of what a bridge has one of in a process.
  "apps/bridge/src/{*.test.ts,!(learning|shared|state)/**/*.test.ts}",
];

const isCi = process.env.CI === "true";

// Tests start hundreds of processes from sources. What one of them compiled and stripped of its types, the
// others take from here: a bridge starts in half the processor time. It is where Node itself would keep it.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), "node-compile-cache");

/** First the tests of the tree: they build, install and copy all of it, and nothing should wait for them in the end. */
class TreeFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const ofTree = new Set(sorted.filter(({ moduleId }) => moduleId.startsWith(treeTests)));
    return [...ofTree, ...sorted.filter((file) => !ofTree.has(file))];
  }
}

/** Names, after everything else, each test that failed and then passed: a fault to find, though not today's. */
function flakyReporter(): Reporter {
  const flaky: TestCase[] = [];
  return {
    onTestCaseResult(test) {
      if (test.diagnostic()?.flaky) flaky.push(test);
    },
    onTestRunEnd() {
      for (const { module, fullName } of flaky) {
        process.stdout.write(`flaky: ${module.relativeModuleId} > ${fullName}\n`);
      }
    },
  };
}

function reportTo(file: string | undefined): ["json", { outputFile: string }][] {
  return file === undefined ? [] : [["json", { outputFile: file }]];
}

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "apart",
          include: everything,
          exclude: [...configDefaults.exclude, ...together],
        },
      },
      {
        extends: true,
        test: {
          name: "together",
          include: together,
          isolate: false,
          setupFiles: ["test/_shared-process.ts"],
        },
      },
    ],
    // Gives each run a folder for what its files share.
    globalSetup: ["test/_run-folder.ts"],
    setupFiles: ["test/_endings.ts"],
    sequence: { sequencer: TreeFirst },
    // Tests start real processes: a process for each file, of those apart, keeps their children, signals and exits apart.
    pool: "forks",
    // Most of a test of processes is waiting for them: more files at once than processors.
    maxWorkers: 4,
    // Optimising a Postgres in WebAssembly costs more than all that a test asks of it.
    execArgv: ["--liftoff-only"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // A test that needs a second try is a fault to find: on a person's machine it fails at once, and a
    // machine that others share tries again and says so.
    retry: isCi ? 1 : 0,
    reporters: ["default", flakyReporter(), ...reportTo(report)],
  },
});
