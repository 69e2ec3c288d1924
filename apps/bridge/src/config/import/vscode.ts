import type { Host, HostFile } from "./host.ts";
import { applicationData, pathsOf } from "./machine.ts";
import { readSharedEntry, sharedStdioEntry } from "./mcp-servers.ts";

const KEY_INPUT = "trestle-key";

export const vscode: Host = {
  id: "vscode",
  title: "VS Code",
  format: "json",
  restart: "start the server in VS Code (MCP: List Servers)",
  files(machine) {
    const { join } = pathsOf(machine);
    const { cwd } = machine;
    const keys = ["servers"];
    return [
      ...["Code", "Code - Insiders"].map(
        (product): HostFile => ({
          path: join(applicationData(machine), product, "User", "mcp.json"),
          scope: "user",
          sections: [{ keys }],
        }),
      ),
      {
        path: join(cwd, ".vscode", "mcp.json"),
        scope: "project",
        sections: [{ keys, folder: cwd }],
      },
    ];
  },
  variables: "editor",
  readEntry: readSharedEntry,
  stdioEntry: (start) => ({ type: "stdio", ...sharedStdioEntry(start) }),
  httpEntry: ({ url, needsKey }) => ({
    type: "http",
    url,
    ...(needsKey && { headers: { Authorization: `Bearer \${input:${KEY_INPUT}}` } }),
  }),
  wrap: (name, entry) => ({
    servers: { [name]: entry },
    ...(entry.headers !== undefined && {
      inputs: [
        {
          type: "promptString",
          id: KEY_INPUT,
          description: "Key of the Trestle bridge",
          password: true,
        },
      ],
    }),
  }),
};
