import { wasmFlags } from "@trestle/testkit/surroundings";
import { describeInstalled, nodes } from "./_installed.ts";
import { databaseCalls, embedded, onServer } from "./_installed-database.ts";

describeInstalled(
  "the database of a server",
  {
    ...(await onServer()),
    args: ({ bin }) => [...wasmFlags, bin("trestle-database")],
    calls: () => databaseCalls,
  },
  { whole: [nodes.oldest], serving: [] },
);

describeInstalled(
  "the embedded database",
  {
    ...embedded,
    args: ({ bin }) => [...wasmFlags, bin("trestle-database")],
    calls: () => databaseCalls,
  },
  { whole: [], serving: [nodes.oldest, nodes.current] },
);
