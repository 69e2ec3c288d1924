import type { JsonObject } from "@trestle/protocol";
import protobuf from "protobufjs";

/** What a collector takes in of traces, by the definitions of OpenTelemetry, as far as they concern us. */
const DEFINITIONS = `
syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; string schema_url = 3; }
message InstrumentationScope { string name = 1; string version = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5;
  enum SpanKind { UNSPECIFIED = 0; INTERNAL = 1; SERVER = 2; CLIENT = 3; PRODUCER = 4; CONSUMER = 5; }
  SpanKind kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
  repeated KeyValue attributes = 9;
  Status status = 15;
}
message Status {
  string message = 2;
  enum StatusCode { UNSET = 0; OK = 1; ERROR = 2; }
  StatusCode code = 3;
}
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`;

const request = protobuf.parse(DEFINITIONS).root.lookupType("ExportTraceServiceRequest");

/** As the same would be in JSON: ids in hexadecimal, 64-bit numbers as text. Throws where it is not well made. */
export function decodeTraces(body: Uint8Array): JsonObject {
  const message = request.toObject(request.decode(body), { longs: String, oneofs: false });
  return hexIds(message) as JsonObject;
}

function hexIds(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(hexIds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hexIds(each)]));
}
