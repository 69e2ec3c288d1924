import { describe, vi } from "vitest";
import { startLocalHost } from "./_local-host.ts";
import { describeReconnects } from "./_storm.ts";

vi.setConfig({ testTimeout: 120_000 });

describe("a local host that is away for a moment", () => {
  describeReconnects(() => startLocalHost());
});
