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

  async function submit(plan: Parameters<typeof createStatement>[0]): Promise<Batch> {
    checkOpen();
    const statement = createStatement(plan);
    client.query(statement as never);
    try {
      return await statement.answer;
    } catch (error) {
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

  async function script(text: string): Promise<void> {
    checkOpen();
    try {
      await client.query(text);
    } catch (error) {
      throw translate(error);
    }
  }

  return { run, open, script, client };
}
