import { Client } from "pg";

export interface BenchDatabase {
  readonly url: string;
  /** Statements without an answer. */
  script(text: string): Promise<void>;
  /** What a statement of one value says. */
  isTrue(question: string): Promise<boolean>;
  drop(): Promise<void>;
}

/** A database of the benchmark's own; undefined where no server is reached. */
export async function createDatabase(serverUrl: string): Promise<BenchDatabase | undefined> {
  const admin = new Client({ connectionString: serverUrl, connectionTimeoutMillis: 3_000 });
  try {
    await admin.connect();
  } catch {
    return undefined;
  }
  const name = `trestle_bench_${process.pid}`;
  await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const client = new Client(url.href);
  await client.connect();
  return {
    url: url.href,
    script: async (text) => void (await client.query(text)),
    async isTrue(question) {
      const { rows } = await client.query({ text: question, rowMode: "array" });
      return rows[0]?.[0] === true;
    },
    async drop() {
      await client.end();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}
