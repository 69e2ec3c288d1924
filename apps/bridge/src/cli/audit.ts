import { join } from "node:path";
import { type JsonObject, silentLogger } from "@trestle/protocol";
import { bridgeFolder } from "../home.ts";
import { noPostgres, verifyAudit, withCopies } from "../operations/audit.ts";
import { type AskBridge, askOperation, withBridge } from "./bridge.ts";
import { type Cli, type Place, runs } from "./command.ts";
import { objectOf, objectsOf, text } from "./data.ts";
import { EXIT } from "./exit-code.ts";
import { ago, paperOf, table } from "./format.ts";
import { usage } from "./json-input.ts";
import {
  given,
  numberFor,
  placeFor,
  readTime,
  withExamples,
  withJson,
  withTimes,
} from "./options.ts";

interface FilterOptions {
  readonly from?: string;
  readonly to?: string;
  readonly event?: string;
  readonly operation?: string;
  readonly principal?: string;
  readonly server?: string;
  readonly tool?: string;
}

interface ListOptions extends FilterOptions {
  readonly json?: boolean;
  readonly limit?: number;
  readonly before?: number | string;
  readonly home?: string;
}

export function addAudit(cli: Cli): void {
  const audit = cli.program
    .command("audit")
    .description("read the audit log, and prove that it is as it was written");
  const list = withFilters(audit.command("list"))
    .description("who did what to the bridge, and who was refused, the newest first")
    .option("--limit <count>", "at most so many (20)", numberFor("--limit"))
    .option("--before <place>", "the page after the one that ended here", placeFor("--before"))
    .option("--home <id>", "only of this home, where bridges share a Postgres");
  withJson(withExamples(list, LIST_EXAMPLES)).action(runs(cli, showList));
  const verify = audit
    .command("verify")
    .description("find the first entry that is not as it was written")
    .option("--head <number:hash>", "what an earlier verification answered, kept elsewhere")
    .option("--postgres", "the copies of every home too; this home's is compared with its log");
  withJson(withExamples(verify, VERIFY_EXAMPLES)).action(runs(cli, showVerdict));
  const exported = withFilters(audit.command("export"))
    .description("print every entry, the oldest first")
    .option("--format <form>", "jsonl or csv", "jsonl");
  withJson(withExamples(exported, EXPORT_EXAMPLES)).action(runs(cli, exportAll));
}

const LIST_EXAMPLES = [
  "trestle audit list --from 24h",
  "trestle audit list --event credential_refused",
];
const VERIFY_EXAMPLES = ["trestle audit verify", "trestle audit verify --postgres"];
const EXPORT_EXAMPLES = [
  "trestle audit export > audit.jsonl",
  "trestle audit export --from 30d --format csv > audit.csv",
];

const NO_SERVERS = { noServers: true };
const USUAL_LIMIT = 20;
const EXPORT_PAGE = 1_000;

function withFilters(command: Parameters<typeof withTimes>[0]): Parameters<typeof withTimes>[0] {
  return withTimes(command)
    .option("--event <name>", "only of this event, such as credential_refused")
    .option("--operation <name>", "only of this operation")
    .option("--principal <id>", "only what this principal did or was refused")
    .option("--server <id>", "only of this server")
    .option("--tool <name>", "only of this tool");
}

function filterOf({ from, to, ...words }: FilterOptions, now: number): JsonObject {
  return given({ ...words, from: readTime(from, now), to: readTime(to, now) });
}

async function showList(
  place: Place,
  { json, limit = USUAL_LIMIT, before, home, ...filter }: ListOptions,
): Promise<number> {
  const { terminal, config } = place;
  const now = terminal.clock.now();
  const input = given({ ...filterOf(filter, now), limit, before, home });
  const answer = await askOperation("audit_list", input, place, NO_SERVERS);
  if (json) {
    terminal.print(JSON.stringify(answer, null, 2));
    return EXIT.ok;
  }
  if (answer.problem !== undefined) terminal.warn(text(answer.problem));
  const columns = [
    { title: "NUMBER", align: "right" as const },
    { title: "WHEN" },
    { title: "EVENT" },
    { title: "WHO" },
    { title: "WHAT", flexible: true },
  ];
  const rows = objectsOf(answer.entries).map(({ seq, time, entry }) => {
    const { event, by, principal, ...rest } = objectOf(entry);
    const what = Object.entries(rest).map(([name, value]) => `${name} ${text(value)}`);
    return [text(seq), ago(time, now), text(event), text(by ?? principal), what.join(", ")];
  });
  const page = table(columns, rows, paperOf(terminal, config.env));
  terminal.print(rows.length === 0 ? "No entries: none was made yet, or none fits." : page);
  if (answer.next !== undefined) {
    terminal.print(`\nOlder ones: add --before ${text(answer.next)}`);
  }
  return EXIT.ok;
}

interface VerifyOptions {
  readonly json?: boolean;
  readonly head?: string;
  readonly postgres?: boolean;
}

async function showVerdict(place: Place, options: VerifyOptions): Promise<number> {
  const { terminal, config } = place;
  const { json, head, postgres } = options;
  // The log of this home is looked at where it lies: a bridge does not even start with one that was changed.
  const verdict = config.env.MCP_BRIDGE_URL
    ? await askOperation("audit_verify", given({ head, postgres }), place, NO_SERVERS)
    : await verifyHere(place, options);
  terminal.print(json ? JSON.stringify(verdict, null, 2) : sentenceOf(verdict));
  return verdict.ok === true ? EXIT.ok : EXIT.failed;
}

async function verifyHere(
  { config, terminal }: Place,
  { head, postgres }: VerifyOptions,
): Promise<JsonObject> {
  const bridge = bridgeFolder(config.home);
  const folder = join(bridge, "audit");
  const verdict = await verifyAudit(folder, checkedHead(head));
  if (!postgres) return verdict;
  if (config.store.postgres === undefined) throw noPostgres();
  const [{ createConnection }, { readHomeId }, { verifyCopies }] = await Promise.all([
    import("../archive/connection.ts"),
    import("../archive/home-id.ts"),
    import("../archive/verify-copy.ts"),
  ]);
  const parts = { url: config.store.postgres, clock: terminal.clock, log: silentLogger };
  const connection = createConnection(parts);
  try {
    const home = readHomeId(bridge);
    const own = home === undefined ? undefined : { home, folder };
    return withCopies(verdict, await verifyCopies({ query: connection.query, own }));
  } finally {
    await connection.close();
  }
}

function checkedHead(head: string | undefined): string | undefined {
  if (head === undefined || /^\d+:[0-9a-f]{64}$/.test(head)) return head;
  throw usage("--head is NUMBER:HASH, as an earlier `trestle audit verify` printed it.");
}

function sentenceOf({ copies, ...verdict }: JsonObject): string {
  return [sentenceOfLog(verdict), ...objectsOf(copies).map(sentenceOfCopy)].join("\n");
}

function sentenceOfCopy({ home, name, ok, entries, behind, explanation }: JsonObject): string {
  const whose = `copy of ${text(home)} (${text(name)})`;
  if (ok !== true) return `${whose}: NOT INTACT: ${text(explanation)}`;
  const waiting = Number(behind ?? 0) === 0 ? "" : `, ${text(behind)} not copied yet`;
  return `${whose}: ${text(entries)} entries, all as they were written${waiting}`;
}

function sentenceOfLog({ ok, entries, head, reason, explanation }: JsonObject): string {
  if (ok !== true) return `NOT INTACT (${text(reason)}): ${text(explanation)}`;
  const last = entries === 0 ? "" : `\nhead ${text(head)}: kept elsewhere, it proves this later.`;
  return `${text(entries)} entries, all as they were written.${last}`;
}

async function exportAll(
  place: Place,
  { json, format, ...filter }: FilterOptions & { readonly json?: boolean; readonly format: string },
): Promise<number> {
  const { terminal } = place;
  if (format !== "jsonl" && format !== "csv") {
    throw usage(`--format is jsonl or csv, not "${format}".`);
  }
  const isCsv = format === "csv" && !json;
  if (isCsv) terminal.print(CSV_COLUMNS.join(","));
  const input = filterOf(filter, terminal.clock.now());
  await withBridge(
    place,
    (ask) =>
      eachEntry(ask, input, (entry) => {
        terminal.print(isCsv ? csvLine(entry) : JSON.stringify(entry));
      }),
    NO_SERVERS,
  );
  return EXIT.ok;
}

async function eachEntry(
  ask: AskBridge,
  input: JsonObject,
  tell: (entry: JsonObject) => void,
): Promise<void> {
  let after: JsonObject[string] | undefined = 0;
  while (after !== undefined) {
    const page: JsonObject = await ask("audit_list", { ...input, after, limit: EXPORT_PAGE });
    for (const entry of objectsOf(page.entries)) tell(entry);
    after = page.next;
  }
}

const CSV_COLUMNS = ["seq", "time", "event", "who", "entry", "hash"];

function csvLine({ seq, time, entry, hash }: JsonObject): string {
  const { event, by, principal } = objectOf(entry);
  const cells = [seq, time, event, by ?? principal, JSON.stringify(entry), hash];
  return cells.map((cell) => quoted(text(cell))).join(",");
}

/** A spreadsheet takes what begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function quoted(cell: string): string {
  const plain = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
