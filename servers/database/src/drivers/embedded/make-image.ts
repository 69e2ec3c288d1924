import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packFolder } from "./image.ts";
import { makeCluster } from "./make-cluster.ts";

/** Makes a cluster and writes its image, which the published package carries. */
export async function makeImage(file: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "trestle-image-"));
  try {
    const dataDir = join(folder, "postgres");
    await makeCluster(dataDir);
    writeFileSync(file, packFolder(dataDir));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
