import { fileURLToPath } from "node:url";
import { mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** What `pnpm coverage` runs with; it names the tests and the sources. */
export default mergeConfig(base, {
  test: {
    setupFiles: [fileURLToPath(new URL("test/_coverage-files.ts", import.meta.url))],
    // As Node runs them everywhere else: what a test ran and what its processes and threads ran is one and the same.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Measured processes start and end later: how quick they are is for `pnpm test`, which tries once.
    retry: 1,
    coverage: {
      enabled: true,
      provider: "v8",
      exclude: ["**/*.test.ts", "**/_*.ts"],
      autoAttachSubprocess: true,
      reporter: ["json", "html"],
      reportOnFailure: true,
    },
  },
});
