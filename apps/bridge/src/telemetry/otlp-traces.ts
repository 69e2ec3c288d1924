import { createProtobufWriter, fieldsOf } from "./protobuf.ts";
import { createWriteSpans, type TracedCall, writeAttribute } from "./spans.ts";
import type { TraceIds } from "./trace-context.ts";

/** Numbers of fields, from trace_service.proto, trace.proto and common.proto of OpenTelemetry. */
const RESOURCE_SPANS = 1;
const [RESOURCE, SCOPE_SPANS] = [1, 2];
const SCOPE = 1;
const SCOPE_NAME = 1;
const RESOURCE_ATTRIBUTES = 1;

/** Makes the message that tells of calls; it is good until the next one is made. */
export type TracesMessage = (calls: readonly TracedCall[]) => Uint8Array;

/** As protocol buffers, for there are about eight spans of a call: as JSON they cost three times the time and twice the bytes. */
export function createTracesMessage(
  resource: Readonly<Record<string, string | number>>,
  ids: TraceIds,
): TracesMessage {
  const writer = createProtobufWriter();
  const writeSpans = createWriteSpans(writer, ids);
  const beginning = fieldsOf((fields) => {
    const about = fields.begin(RESOURCE);
    for (const [key, value] of Object.entries(resource)) {
      writeAttribute(fields, RESOURCE_ATTRIBUTES, key, value);
    }
    fields.end(about);
  });
  const scope = fieldsOf((fields) => {
    const begun = fields.begin(SCOPE);
    fields.text(SCOPE_NAME, "trestle");
    fields.end(begun);
  });

  return (calls) => {
    writer.reset();
    const resourceSpans = writer.begin(RESOURCE_SPANS);
    writer.copy(beginning);
    const scopeSpans = writer.begin(SCOPE_SPANS);
    writer.copy(scope);
    for (const call of calls) writeSpans(call);
    writer.end(scopeSpans);
    writer.end(resourceSpans);
    return writer.bytes();
  };
}
