import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";

const run = promisify(execFile);

/** Makes, copies and compares real databases of one Postgres, for branches to live in. */
export interface Databases {
  create(name: string): Promise<void>;
  /** Copies schema and data; sessions that stand idle in the original are ended, since Postgres wants it empty. */
  copy(from: string, to: string): Promise<void>;
  drop(name: string): Promise<void>;
  /** A unified diff of two schemas, empty where they are the same. */
  compare(base: string, changed: string, label: string): Promise<string>;
  url(name: string, user: { name: string; password: string }): string;
  close(): Promise<void>;
}

export function createDatabases(postgresUrl: string): Databases {
  const pool = new pg.Pool({ connectionString: postgresUrl, max: 1 });
  pool.on("error", () => {});
  const quoted = (name: string) => pg.escapeIdentifier(name);

  async function schemaOf(name: string): Promise<string> {
    const url = new URL(postgresUrl);
    url.pathname = `/${name}`;
    const { stdout } = await run("pg_dump", ["--schema-only", "--no-owner", url.href]);
    // Newer releases guard a dump by a random key.
    return stdout.replace(/^\\(un)?restrict .*\n/gm, "").replace(/^--.*\n/gm, "");
  }

  return {
    async create(name) {
      await pool.query(`CREATE DATABASE ${quoted(name)}`);
    },
    async copy(from, to) {
      for (let tries = 0; ; tries += 1) {
        await pool.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND state LIKE 'idle%'",
          [from],
        );
        try {
          await pool.query(`CREATE DATABASE ${quoted(to)} TEMPLATE ${quoted(from)}`);
          return;
        } catch (error) {
          const inUse = error instanceof pg.DatabaseError && error.code === "55006";
          if (!inUse || tries === 10) throw error;
        }
      }
    },
    async drop(name) {
      await pool.query(`DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`);
    },
    async compare(base, changed, label) {
      const schemas = await Promise.all([schemaOf(base), schemaOf(changed)]);
      return schemas[0] === schemas[1] ? "" : diff(schemas[0], schemas[1], label);
    },
    url(name, user) {
      const url = new URL(postgresUrl);
      url.pathname = `/${name}`;
      url.username = user.name;
      url.password = user.password;
      return url.href;
    },
    close: () => pool.end(),
  };
}

async function diff(base: string, changed: string, label: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "neon-diff-"));
  try {
    const files = [join(folder, "a"), join(folder, "b")] as const;
    await Promise.all([writeFile(files[0], base), writeFile(files[1], changed)]);
    const labels = ["--label", `a/${label}`, "--label", `b/${label}`];
    // It ends with 1 where the files differ.
    return await run("diff", ["-u", ...labels, ...files]).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
