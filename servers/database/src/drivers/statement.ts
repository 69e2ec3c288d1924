import type { Batch } from "./driver.ts";
import { hasLists, toText } from "./parameters.ts";
import { breakOff, type WireConnection } from "./wire-connection.ts";

/** Rows of one answer may take so much of our memory; who wants more takes batches. */
const MAX_BATCH_BYTES = 64_000_000;

interface Plan {
  readonly sql: string;
  readonly params: readonly unknown[];
  /** Empty for a statement that runs to its end at once. */
  readonly portal: string;
  /** 0: all. Left out: it is only made ready. */
  readonly maxRows?: number;
  /** The portal is open already: only its next rows are asked for. */
  readonly opened?: boolean;
  /** Statements of our own that run before it; where one of them fails, it does not run. */
  readonly ahead?: readonly string[];
}

interface FieldMessage {
  readonly name: string;
  readonly dataTypeID: number;
  readonly tableID: number;
  readonly columnID: number;
}

/** What a client runs through its connection: `submit` and the handlers of its answers. */
export interface Submitted {
  readonly answer: Promise<Batch>;
  /** Has all that went ahead come to its end? */
  begun(): boolean;
  submit(connection: WireConnection): void;
}

/**
 * One statement in the extended protocol, one round trip, values as the server prints them. Two, where a
 * list is among the parameters: what it is sent as depends on the type that the server finds for it.
 * What goes ahead of it is in the same group of messages, of which the server leaves out what comes behind
 * one that failed.
 */
export function createStatement(plan: Plan): Submitted {
  const { promise: answer, resolve, reject } = Promise.withResolvers<Batch>();
  const gathered = gather();
  let ahead = plan.ahead?.length ?? 0;
  let done = false;
  let synced = false;
  let used: WireConnection | undefined;

  function submit(connection: WireConnection): void {
    used = connection;
    connection.stream.cork?.();
    try {
      for (const sql of plan.ahead ?? []) sendWhole(connection, sql);
      if (plan.opened) execute(connection);
      else if (hasLists(plan.params)) askForTypes(connection);
      else {
        connection.parse({ text: plan.sql });
        bind(connection, []);
      }
    } finally {
      connection.stream.uncork?.();
    }
  }

  function askForTypes(connection: WireConnection): void {
    connection.parse({ text: plan.sql });
    connection.describe({ type: "S", name: "" });
    connection.flush();
    const onTypes = ({ dataTypeIDs }: { dataTypeIDs: number[] }) => {
      connection.off("errorMessage", onError);
      bind(connection, dataTypeIDs);
    };
    const onError = () => void connection.off("parameterDescription", onTypes);
    connection.once("parameterDescription", onTypes);
    connection.once("errorMessage", onError);
  }

  function bind(connection: WireConnection, types: readonly number[]): void {
    const { portal } = plan;
    connection.bind({ portal, values: plan.params.map((value, at) => toText(value, types[at])) });
    connection.describe({ type: "P", name: portal });
    execute(connection);
  }

  function execute(connection: WireConnection): void {
    if (plan.maxRows !== undefined) connection.execute({ portal: plan.portal, rows: plan.maxRows });
    sync(connection);
  }

  function sync(connection: WireConnection): void {
    synced = true;
    connection.sync();
  }

  const handlers = {
    handleRowDescription: ({ fields }: { fields: FieldMessage[] }) => gathered.describe(fields),
    handleDataRow({ fields }: { fields: (string | null)[] }) {
      if (ahead > 0) return;
      // There is no other way to stop what is on its way already.
      if (!gathered.add(fields) && used) breakOff(used, tooLarge());
    },
    handlePortalSuspended() {},
    handleEmptyQuery() {
      done = true;
    },
    handleCommandComplete({ text }: { text: string }) {
      if (ahead > 0) ahead -= 1;
      else {
        done = true;
        gathered.complete(text);
      }
    },
    handleCopyInResponse(connection: WireConnection) {
      connection.sendCopyFail("COPY from the client is not offered here");
    },
    handleCopyData() {},
    handleReadyForQuery() {
      resolve({ ...gathered.answer(), done });
    },
    handleError(error: Error, connection: WireConnection) {
      if (!synced) sync(connection);
      reject(error);
    },
  };
  return { answer, submit, begun: () => ahead === 0, ...handlers };
}

/** A statement without parameters, to its end, its rows described to nobody. */
export function sendWhole(connection: WireConnection, sql: string): void {
  connection.parse({ text: sql });
  connection.bind({ values: [] });
  connection.execute({ rows: 0 });
}

/** Recognised where failures are worded. */
export const TOO_LARGE = "TRESTLE_TOO_LARGE";

export function tooLarge(): Error {
  return Object.assign(new Error("the rows are too large"), { code: TOO_LARGE });
}

function gather() {
  let fields: FieldMessage[] = [];
  let rows: (string | null)[][] = [];
  let bytes = 0;
  let tag = "";

  return {
    describe(described: FieldMessage[]) {
      fields = described.map(({ name, dataTypeID, tableID, columnID }) => ({
        name,
        dataTypeID,
        tableID,
        columnID,
      }));
    },
    /** False once there is too much: what was kept is let go. */
    add(row: (string | null)[]): boolean {
      for (const value of row) bytes += value === null ? 0 : value.length;
      if (bytes > MAX_BATCH_BYTES) rows = [];
      else rows.push(row);
      return bytes <= MAX_BATCH_BYTES;
    },
    complete(text: string) {
      tag = text;
    },
    answer() {
      const { command, count } = parseTag(tag);
      return { fields, rows, command, rowCount: count };
    },
  };
}

/** `INSERT 0 3` → INSERT and 3; `CREATE TABLE` counts nothing. */
function parseTag(tag: string): { command: string; count: number | null } {
  const command = tag.replace(/[ \d]+$/, "");
  const count = /\d+$/.exec(tag)?.[0];
  return { command, count: count === undefined ? null : Number(count) };
}
