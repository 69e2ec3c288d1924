import { describe } from "vitest";
import { describeNetworkFaults } from "./_faults.ts";
import { startLocalHost } from "./_local-host.ts";

describe("a local host behind a network that fails", () => {
  describeNetworkFaults(() => startLocalHost());
});
