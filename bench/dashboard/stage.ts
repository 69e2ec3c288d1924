import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createHome, echoEntry, serveIn } from "../gateway/bridge.ts";
import { RawClient } from "../gateway/client.ts";
import { bridgeProgram, type Variant } from "../gateway/installation.ts";
import { echoFile, firstUrl, type Program, startProgram } from "../gateway/peers.ts";
import { progress } from "../measure.ts";

/** A bridge with a long history, and its pages. */
export interface Stage {
  /** Where the pages are. */
  readonly site: string;
  /** The MCP endpoint. */
  readonly url: string;
  /** The admin credential. */
  readonly admin: string;
  stop(): Promise<void>;
}

/** So many calls are real; the others are copies of them. */
const REAL_CALLS = 100;
/** Between one call of the history and the next. */
const APART_MS = 500;

/** Starts a bridge whose store holds so many calls, as its history page reads them. */
export async function startStage(variant: Variant, rows: number): Promise<Stage> {
  const more = { history: { maxRows: rows * 10 } };
  const home = createHome({ echo: echoEntry("stdio", echoFile) }, { more });
  const remove = (): void => rmSync(home, { recursive: true, force: true });
  try {
    progress(`a history of ${rows} calls`);
    const first = await serve(variant, home);
    await callSome(first.url).finally(first.program.stop);
    multiply(join(home, "bridge/history.db"), rows);
    const { program, url } = await serve(variant, home);
    const site = url.replace(/\/mcp$/, "");
    await built(site);
    return {
      ...{ site, url },
      admin: readFileSync(join(home, "admin.key"), "utf8").trim(),
      async stop() {
        await program.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

async function serve(
  variant: Variant,
  home: string,
): Promise<{ readonly program: Program; readonly url: string }> {
  const program = startProgram([bridgeProgram(variant), ...serveIn(home)], { TRESTLE_HOME: home });
  return { program, url: await firstUrl(program.child, "the bridge") };
}

async function callSome(url: string): Promise<void> {
  const client = new RawClient(url, "modern");
  for (let call = 0; call < REAL_CALLS; call += 1) {
    // The same page again comes from the cache.
    const isPage = call % 4 === 0;
    const body = isPage
      ? await client.call("echo__page", { characters: 100 })
      : await client.call("echo__echo", { text: `call ${call}` });
    if (!body.includes(isPage ? "xxx" : `call ${call}`)) {
      throw new Error(`A call was answered wrongly: ${body.slice(0, 300)}`);
    }
  }
  client.close();
}

/** Copies the calls there are, under ids and times of their own; every twentieth as one that failed. */
function multiply(file: string, rows: number): void {
  const database = new DatabaseSync(file);
  const columns = database
    .prepare("SELECT name FROM pragma_table_info('executions') WHERE name <> 'seq'")
    .all()
    .map(({ name }) => String(name));
  const own: Readonly<Record<string, string>> = {
    execution_id: "'copy-' || number",
    started_at: `$now - ($rows - number) * ${APART_MS}`,
    outcome: "iif(number % 20 = 0, 'error', outcome)",
    error_code: "iif(number % 20 = 0, 'timeout', error_code)",
  };
  database.exec("BEGIN; CREATE TEMP TABLE real AS SELECT * FROM executions ORDER BY seq");
  database.exec("DELETE FROM executions");
  database
    .prepare(
      `WITH RECURSIVE numbers(number) AS (
         SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < $rows
       )
       INSERT INTO executions (${columns.join(", ")})
       SELECT ${columns.map((name) => own[name] ?? name).join(", ")}
       FROM numbers JOIN real ON real.rowid = number % (SELECT COUNT(*) FROM real) + 1
       ORDER BY number`,
    )
    .run({ $rows: rows, $now: Date.now() });
  database.exec("COMMIT");
  database.close();
}

const BUILD_MS = 180_000;
const LOOK_AGAIN_MS = 250;

/** A checkout builds its pages when somebody asks for them. */
async function built(site: string): Promise<void> {
  const signal = AbortSignal.timeout(BUILD_MS);
  for (;;) {
    const response = await fetch(`${site}/`, { signal });
    const text = await response.text();
    if (response.ok) return;
    if (response.status !== 503) throw new Error(text);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
