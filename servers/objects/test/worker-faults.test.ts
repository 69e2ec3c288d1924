import { describe } from "vitest";
import { describeNetworkFaults } from "./_faults.ts";
import { startWorkerHost, workerdFolder } from "./_worker-host.ts";

describe.skipIf(workerdFolder === undefined)("a worker behind a network that fails", () => {
  describeNetworkFaults(() => startWorkerHost());
});
