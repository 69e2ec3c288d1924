// The conformance fixture as a program on stdio: what a bridge under test has behind it.

import { LOCAL_PRINCIPAL, silentLogger } from "@trestle/protocol";
import { serveStream } from "@trestle-mcp/server-kit";
import { mountFixture } from "./fixture.ts";
import { createFixtureHost } from "./host.ts";

const dataDir = process.argv[2];
if (dataDir === undefined) throw new Error("Name the folder for the fixture's data");
const instance = mountFixture(createFixtureHost(dataDir, silentLogger));
const { closed } = serveStream(instance, {
  input: process.stdin,
  output: process.stdout,
  principal: LOCAL_PRINCIPAL,
  log: silentLogger,
});
await closed;
await instance.close();
