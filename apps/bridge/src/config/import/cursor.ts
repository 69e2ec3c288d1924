import { type Host, KEY_VARIABLE } from "./host.ts";
import { homeOf, pathsOf } from "./machine.ts";
import { MCP_SERVERS, readSharedEntry, sharedStdioEntry, wrapShared } from "./mcp-servers.ts";

export const cursor: Host = {
  id: "cursor",
  title: "Cursor",
  format: "json",
  restart: "reload the window of Cursor",
  files(machine) {
    const { join } = pathsOf(machine);
    const { cwd } = machine;
    return [
      {
        path: join(homeOf(machine), ".cursor", "mcp.json"),
        scope: "user",
        sections: [MCP_SERVERS],
      },
      {
        path: join(cwd, ".cursor", "mcp.json"),
        scope: "project",
        sections: [{ ...MCP_SERVERS, folder: cwd }],
      },
    ];
  },
  variables: "editor",
  readEntry: readSharedEntry,
  stdioEntry: sharedStdioEntry,
  httpEntry: ({ url, needsKey }) => ({
    url,
    ...(needsKey && { headers: { Authorization: `Bearer \${env:${KEY_VARIABLE}}` } }),
  }),
  wrap: wrapShared,
};
