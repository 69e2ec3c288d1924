import { describeLimitStore } from "./_describe-limit-store.ts";
import { createMemoryLimits } from "./limit-memory.ts";

describeLimitStore("memory", (clock) => ({
  store: createMemoryLimits(clock),
  pass: clock.advance,
}));
