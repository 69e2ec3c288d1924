import { describe, vi } from "vitest";
import { SECRET } from "../_local-host.ts";
import { startWorkerHost, workerdFolder } from "../_worker-host.ts";
import { describeHost } from "./_describe-host.ts";

vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(workerdFolder === undefined)("in workerd", () => {
  describeHost("the worker", () => startWorkerHost({ OBJECTS_TOKEN_SECRET: SECRET }));
});
