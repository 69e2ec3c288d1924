import type { Answer, Batch, Connection, Portal } from "./driver.ts";
import { createStatement } from "./statement.ts";
import type { WireClient } from "./wire-connection.ts";

export interface ConnectionParts {
  readonly client: WireClient;
  /** Throws where no statement may begin any more. */
  readonly checkOpen: () => void;
  /** The client's error as one of ours. */
  readonly translate: (error: unknown) => unknown;
}

/** A client of a pool as our own code uses it. */
export function createConnection({ client, checkOpen, translate }: ConnectionParts): Connection {
  let portals = 0;
  let waiting: readonly string[] = [];
  /** Why what went ahead failed: whatever comes next would run without it. */
  let failure: { readonly error: unknown } | undefined;

  function check(): void {
    checkOpen();
    if (failure) throw translate(failure.error);
  }

  async function submit(plan: Parameters<typeof createStatement>[0]): Promise<Batch> {
    check();
    const statement = createStatement({ ...plan, ahead: waiting });
    waiting = [];
    client.query(statement as never);
    try {
      return await statement.answer;
    } catch (error) {
      if (!statement.begun()) failure = { error };
      throw translate(error);
    }
  }

  async function run(sql: string, params: readonly unknown[] = []): Promise<Answer> {
    return submit({ sql, params, portal: "", maxRows: 0 });
  }

  function open(sql: string, params: readonly unknown[] = []): Portal {
    portals += 1;
    const portal = `trestle_${portals}`;
    let opened = false;
    let fields: Answer["fields"] = [];

    async function take(maxRows?: number): Promise<Batch> {
      const limit = maxRows === undefined ? {} : { maxRows };
      const batch = await submit({ sql, params, portal, opened, ...limit });
      if (!opened) fields = batch.fields;
      opened = true;
      return { ...batch, fields };
    }

    async function skip(rows: number): Promise<void> {
      await take();
      await run(`MOVE FORWARD ${rows} IN ${portal}`);
    }

    return { take, skip };
  }

  /** What is not one of our statements comes behind what waits, too. */
  async function sendWaiting(): Promise<void> {
    const last = waiting.at(-1);
    if (last === undefined) return;
    waiting = waiting.slice(0, -1);
    await run(last);
  }

  async function script(text: string): Promise<void> {
    await sendWaiting();
    check();
    try {
      await client.query(text);
    } catch (error) {
      throw translate(error);
    }
  }

  function ahead(statements: readonly string[]): void {
    waiting = [...waiting, ...statements];
  }

  // Whoever copies the connection to wrap it asks for no client.
  return Object.defineProperty({ run, open, script, ahead }, "client", { get: free }) as Connection;

  function free(): WireClient {
    check();
    if (waiting.length > 0) throw new Error("a transaction is still to begin on this connection");
    return client;
  }
}
