import { describe } from "vitest";
import { startLocalHost } from "./_local-host.ts";
import { describeReconnects } from "./_storm.ts";

describe("a local host that is away for a moment", () => {
  describeReconnects(() => startLocalHost());
});
