import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chainHead, type WriterHead } from "./entry.ts";

/**
 * The end of each chain that this machine wrote, kept on this machine: who can write the bucket can make
 * all of it anew, and would be found by these.
 */
export interface LocalHeads {
  keep(head: WriterHead): Promise<void>;
  all(): Promise<WriterHead[]>;
}

export function openLocalHeads(folder: string): LocalHeads {
  return {
    async keep(head) {
      const file = join(folder, `${head.writer}.json`);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(`${file}.tmp`, JSON.stringify(head), { mode: 0o600 });
      await rename(`${file}.tmp`, file);
    },
    async all() {
      const names = await readdir(folder).catch(() => []);
      const read = names
        .filter((name) => name.endsWith(".json"))
        .map(async (name) =>
          chainHead.parse(JSON.parse(await readFile(join(folder, name), "utf8"))),
        );
      return Promise.all(read);
    },
  };
}
