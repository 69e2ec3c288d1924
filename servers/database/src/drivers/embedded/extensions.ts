import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { PGlite } from "@electric-sql/pglite";
import { engineFolder } from "./engine-files.ts";
import { readTar } from "./tar.ts";

type Module = PGlite["Module"];

/** Postgres' own extensions, which come with PGlite as archives: opened only for who uses them. */
export interface Extensions {
  /** Those that this cluster was seen to use. */
  loadKnown(): Promise<void>;
  /** Those that these messages are about to create. */
  loadFor(messages: Uint8Array): Promise<void>;
}

const CREATE = /create\s+extension\s+(?:if\s+not\s+exists\s+)?"?([a-z_-]+)"?/gi;
const QUICK_LOOK = 100_000;

export function createExtensions(path: string, module: Module): Extensions {
  const list = join(path, "trestle-extensions");
  const loaded = new Set<string>();
  const archives = engineFolder();

  async function load(name: string): Promise<void> {
    const archive = join(archives, `${name}.tar.gz`);
    if (loaded.has(name) || !existsSync(archive)) return;
    loaded.add(name);
    const needed: string[] = [];
    for (const file of readTar(gunzipSync(readFileSync(archive)))) {
      await place(module, file.name, file.content);
      if (file.name.endsWith(".control")) needed.push(...requiredBy(file.content.toString()));
    }
    for (const other of needed) await load(other);
  }

  return {
    async loadKnown() {
      if (!existsSync(list)) return;
      for (const name of readFileSync(list, "utf8").split("\n")) if (name) await load(name);
    },
    async loadFor(messages) {
      if (messages.length > QUICK_LOOK) return;
      const text = Buffer.from(messages).toString("latin1");
      const before = loaded.size;
      for (const [, name = ""] of text.matchAll(CREATE)) await load(name.toLowerCase());
      if (loaded.size > before) writeFileSync(list, [...loaded].join("\n"));
    },
  };
}

/** Libraries are compiled as they are placed, as PGlite itself does it when it starts. */
async function place(module: Module, name: string, content: Buffer): Promise<void> {
  const { FS, WASM_PREFIX } = module as Module & { readonly WASM_PREFIX: string };
  const path = `${WASM_PREFIX}/${name}`;
  if (!FS.analyzePath(dirname(path)).exists) FS.mkdirTree(dirname(path));
  if (!name.endsWith(".so")) FS.writeFile(path, content);
  else
    await new Promise<void>((resolve, reject) => {
      const failed = () => reject(new Error(`${name} could not be loaded`));
      FS.createPreloadedFile(
        dirname(path),
        basename(path),
        content,
        true,
        true,
        resolve,
        failed,
        false,
      );
    });
}

function requiredBy(control: string): string[] {
  const [, names = ""] = /^\s*requires\s*=\s*'([^']*)'/m.exec(control) ?? [];
  return names.split(",").flatMap((name) => name.trim() || []);
}
