import { isSecretName } from "@trestle/protocol";
import { destroys } from "./destructive.ts";
import {
  type FunctionRule,
  fieldRule,
  functionRule,
  isSecretRelation,
  type Need,
} from "./functions.ts";
import type { Accepted } from "./guard.ts";
import {
  eachPart,
  isNode,
  listOf,
  type Node,
  namesIn,
  statementName,
  textOf,
  unwrap,
} from "./nodes.ts";
import { literalText, textQueries } from "./text-queries.ts";

/** What a statement needs of a database, and how it is to be run. */
export interface Examined extends Accepted {
  readonly need: Need;
  /** Why it needs that; a clause that goes on after "Refused: ". */
  readonly why: string;
  /** SQL in the statement's own texts that it would run: each has to be a read of its own. */
  readonly queries: readonly string[];
}

const ORDER: readonly Need[] = ["read-only", "read-write", "admin", "never"];
const WRITES = new Set(["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"]);

/** Statements that no mode runs, and what to do instead. */
const NEVER: Readonly<Record<string, string>> = {
  TransactionStmt:
    "each call is a transaction of its own; several statements go to run_transaction",
  CopyStmt:
    "COPY reads and writes files and programs of the server; use export_rows and import_rows",
  PrepareStmt: "prepared statements stay in a session; send the statement itself with parameters",
  ExecuteStmt: "prepared statements stay in a session; send the statement itself with parameters",
  DeallocateStmt: "prepared statements stay in a session, which is not yours alone",
  DeclareCursorStmt: "a SELECT is paged for you; send it without the cursor",
  FetchStmt: "a SELECT is paged for you; send it without the cursor",
  ClosePortalStmt: "a SELECT is paged for you; send it without the cursor",
  ListenStmt: "LISTEN belongs to a session, which is not yours alone",
  UnlistenStmt: "LISTEN belongs to a session, which is not yours alone",
  DiscardStmt: "DISCARD belongs to a session, which is not yours alone",
};

/**
 * Reads the whole tree of a statement, since a write or a call may hide at any depth, and tells the least
 * mode that may run it.
 */
export function examine(statement: Node): Examined {
  const [kind, body] = unwrap(statement);
  const inner = kind === "ExplainStmt" ? unwrap(body.query) : undefined;
  const runs = inner === undefined || analyzes(body);
  const found = walk(statement, runs ? undefined : inner?.[0]);
  const whole = inner === undefined ? wholeNeed(kind, body) : explainNeed(inner, runs);
  const { need, why } = highest(whole, found);
  return {
    need,
    why,
    queries: found.queries,
    kind: runKind(kind, runs, need),
    destructive: runs && destroys(statement),
  };
}

function runKind(kind: string, runs: boolean, need: Need): Accepted["kind"] {
  if (!runs || kind === "VariableShowStmt") return "report";
  if (need === "read-only") return kind === "SelectStmt" ? "rows" : "report";
  return need === "read-write" ? "write" : "change";
}

/** What the statement as a whole needs, whatever is in it. */
function wholeNeed(kind: string, body: Node): FunctionRule {
  if (kind === "SelectStmt") return NOTHING;
  if (kind === "VariableShowStmt") return settingRule(textOf(body.name) ?? "");
  return statementRule(kind, body);
}

const NOTHING: FunctionRule = { need: "read-only", why: "" };

function statementRule(kind: string, body: Node): FunctionRule {
  const never = Object.hasOwn(NEVER, kind) ? NEVER[kind] : undefined;
  if (never !== undefined) return { need: "never", why: never };
  if (WRITES.has(kind)) return writeRule(kind, body);
  const name = statementName(kind);
  return kind === "VariableSetStmt"
    ? setRule(textOf(body.name) ?? "", literalText(listOf(body.args)[0]))
    : { need: "admin", why: `${name} is not a read` };
}

function setRule(name: string, value: string | undefined): FunctionRule {
  if (/^(TRANSACTION|SESSION CHARACTERISTICS)/.test(name))
    return { need: "never", why: "how a transaction runs is decided by the mode" };
  const sent = AS_SENT.get(name.toLowerCase());
  if (sent && !sent.test(value ?? ""))
    return { need: "never", why: `${name} is how statements are read, and stays as they are sent` };
  return { need: "admin", why: "SET and RESET change settings" };
}

/** Dumps begin with these. */
const AS_SENT = new Map([
  ["client_encoding", /^(utf-?8|unicode)$/i],
  ["standard_conforming_strings", /^(on|true)$/i],
]);

/** Rows of the catalogs are the structure: to write them is more than to write rows. */
function writeRule(kind: string, body: Node): FunctionRule {
  const { schemaname, relname } = (body.relation ?? {}) as {
    schemaname?: string;
    relname?: string;
  };
  const isCatalog = /^(pg_.*|information_schema)$/.test(schemaname ?? relname ?? "");
  return isCatalog
    ? { need: "admin", why: `${relname} belongs to the system` }
    : { need: "read-write", why: `${statementName(kind)} writes rows` };
}

/** A plan of a write is a read as long as nothing runs. */
function explainNeed([kind, body]: readonly [string, Node], runs: boolean): FunctionRule {
  if (kind === "SelectStmt") return NOTHING;
  const rule = statementRule(kind, body);
  if (WRITES.has(kind) && rule.need !== "never")
    return runs
      ? { need: rule.need, why: "EXPLAIN ANALYZE would run the write; leave ANALYZE out" }
      : NOTHING;
  return { ...rule, why: `EXPLAIN of ${statementName(kind)} is not a read` };
}

/** ANALYZE may be switched off in words; where in doubt, it is on. */
function analyzes(explain: Node): boolean {
  return listOf(explain.options).some((option) => {
    const [, { defname, arg }] = unwrap(option);
    if (defname !== "analyze") return false;
    const [kind, value] = unwrap(arg);
    if (kind === "String") return !/^(off|false)$/i.test(textOf(value.sval) ?? "");
    // A zero is left out of the tree.
    if (kind === "Integer") return value.ival !== undefined && value.ival !== 0;
    return true;
  });
}

type Found = FunctionRule & { readonly queries: string[] };

/** `planned` is the kind of a statement that is only planned: it and writes in it may stand there. */
function walk(statement: Node, planned: string | undefined): Found {
  const queries: string[] = [];
  let found: FunctionRule = NOTHING;
  let isTop = true;
  const isPlanned = planned === "SelectStmt" || WRITES.has(planned ?? "");
  eachPart(statement, (key, value) => {
    if (!isNode(value) && !Array.isArray(value)) return;
    const wasTop = isTop;
    isTop = false;
    if (/^[A-Z]\w*Stmt$/.test(key)) {
      if (wasTop || key === "SelectStmt" || (isPlanned && WRITES.has(key))) return;
      found = highest(found, nestedRule(key, value as Node));
    } else found = highest(found, partRule(key, value, queries));
  });
  return { ...found, queries };
}

function nestedRule(kind: string, body: Node): FunctionRule {
  const rule = statementRule(kind, body);
  return WRITES.has(kind) && rule.need === "read-write"
    ? { need: rule.need, why: `${statementName(kind)} inside the statement writes rows` }
    : rule;
}

function partRule(key: string, value: unknown, queries: string[]): FunctionRule {
  switch (key) {
    case "intoClause":
      return { need: "admin", why: "SELECT INTO makes a table" };
    case "lockingClause":
      return { need: "read-write", why: "FOR UPDATE and FOR SHARE take locks; leave them out" };
    case "FuncCall":
    // As CALL has it.
    case "funccall":
      return callRule(value as Node, queries);
    // `(x).f` and `t.f` call the function f where x has no such field.
    case "A_Indirection":
      return fieldsRule(namesIn((value as Node).indirection));
    case "ColumnRef":
      return fieldsRule(namesIn((value as Node).fields).slice(1));
    case "RangeTableSample":
      return nameRule(namesIn((value as Node).method));
    default:
      // Relations stand under many keys.
      return isNode(value) && value.relname !== undefined ? relationRule(value) : NOTHING;
  }
}

function callRule(call: Node, queries: string[]): FunctionRule {
  const names = namesIn(call.funcname);
  const rule = nameRule(names);
  const texts = textQueries(names.at(-1) ?? "", listOf(call.args));
  if (texts !== undefined) {
    queries.push(...texts);
    return NOTHING;
  }
  if (names.at(-1) === "current_setting")
    return settingRule(literalText(listOf(call.args)[0]) ?? "");
  return rule;
}

function nameRule(names: readonly string[]): FunctionRule {
  const name = names.at(-1) ?? "";
  const rule = functionRule(name, names.at(-2));
  return rule ? { need: rule.need, why: `the function ${name} ${rule.why}` } : NOTHING;
}

function fieldsRule(names: readonly string[]): FunctionRule {
  let found: FunctionRule = NOTHING;
  for (const name of names) {
    const rule = fieldRule(name);
    if (rule) found = highest(found, { need: rule.need, why: `the function ${name} ${rule.why}` });
  }
  return found;
}

function relationRule(relation: Node): FunctionRule {
  const name = textOf(relation.relname) ?? "";
  return isSecretRelation(name, textOf(relation.schemaname))
    ? { need: "never", why: `${name} holds credentials or server files` }
    : NOTHING;
}

/** Settings whose names say that their values are secrets, and the one that holds a replica's password. */
function settingRule(name: string): FunctionRule {
  return isSecretName(name) || /^(primary_conninfo|ssl_passphrase_command)$/i.test(name)
    ? { need: "never", why: `the setting ${name} holds a secret` }
    : NOTHING;
}

function highest(first: FunctionRule, second: FunctionRule): FunctionRule {
  return ORDER.indexOf(second.need) > ORDER.indexOf(first.need) ? second : first;
}

/** May a database in this mode run what needs that? */
export function suffices(mode: Need, need: Need): boolean {
  return ORDER.indexOf(need) <= ORDER.indexOf(mode);
}
