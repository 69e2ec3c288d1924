import { vi } from "vitest";
import { startLocalHost } from "../_local-host.ts";
import { describeHost } from "./_describe-host.ts";

vi.setConfig({ testTimeout: 30_000 });

describeHost("the local host", () => startLocalHost());
