import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeObjectStore } from "../_describe-object-store.ts";
import { openFolderStore } from "./open-folder-store.ts";

describeObjectStore("a folder", async () => {
  const path = await mkdtemp(join(tmpdir(), "trestle-objects-"));
  return {
    open: () => openFolderStore({ path }),
    close: () => rm(path, { recursive: true, force: true }),
  };
});
