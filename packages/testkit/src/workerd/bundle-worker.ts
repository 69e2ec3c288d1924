import { Rolldown } from "tsdown";

/** A worker as it is deployed: one module, without anything of Node. */
export async function bundleWorker(entry: string): Promise<string> {
  const bundle = await Rolldown.rolldown({
    input: entry,
    platform: "browser",
    external: ["cloudflare:workers"],
    resolve: { conditionNames: ["workerd", "worker", "browser", "import", "default"] },
    onLog: (level, log) => {
      if (level === "warn") throw new Error(`The worker cannot be bundled: ${log.message}`);
    },
  });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  const [chunk, ...more] = output;
  if (more.length > 0) throw new Error("The worker is more than one module.");
  return chunk.code;
}
