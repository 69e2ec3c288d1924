import { describe } from "vitest";
import { describeKilledHost } from "./_killed.ts";
import { startWorkerHost, workerdFolder } from "./_worker-host.ts";

describe.skipIf(workerdFolder === undefined)("a worker that is killed", () => {
  describeKilledHost(() => startWorkerHost());
});
