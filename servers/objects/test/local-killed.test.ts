import { describe, vi } from "vitest";
import { describeKilledHost } from "./_killed.ts";
import { startLocalHost } from "./_local-host.ts";

vi.setConfig({ testTimeout: 120_000 });

describe("a local host that is killed", () => {
  describeKilledHost(() => startLocalHost());
});
