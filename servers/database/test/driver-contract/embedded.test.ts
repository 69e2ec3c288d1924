import { silentLogger, systemClock } from "@trestle/protocol";
import { createEmbeddedDriver } from "../../src/drivers/embedded/embedded.ts";
import { temporaryFolder } from "../../src/postgres/_temporary-folder.ts";
import { describeDriver } from "./_describe-driver.ts";

describeDriver("the embedded Postgres", async () => {
  const folder = temporaryFolder();
  return {
    open: (maxConnections) =>
      createEmbeddedDriver({
        dataDir: folder.path,
        maxConnections,
        idleTimeoutMs: 10_000,
        connectionTimeoutMs: 60_000,
        clock: systemClock,
        log: silentLogger,
      }),
    close: async () => folder.remove(),
  };
});
