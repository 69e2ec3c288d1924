import {
  Background,
  type Connection,
  Controls,
  type Edge,
  type FitViewOptions,
  type Node,
  type NodeChange,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import { type DragEvent, type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { connectionsOf } from "./connections.ts";
import {
  type Definition,
  idOf,
  idsOf,
  isFields,
  kindOf,
  type Step,
  stepsOf,
  textOf,
} from "./definition.ts";
import { type Place, placesOf } from "./layout.ts";
import { StepNode } from "./step-node.tsx";
import "./canvas.css";

/** How a step of an execution stands, where one is shown. */
export type StepStates = Readonly<Record<string, string>>;

export interface CanvasProps {
  readonly definition: Definition;
  readonly chosen: string | undefined;
  readonly choose: (id: string | undefined) => void;
  /** Enter on a step: whoever has only a keyboard goes on where it is looked into. */
  readonly open?: (id: string) => void;
  readonly states?: StepStates;
  readonly faulty?: ReadonlySet<string>;
  /** Without these it is a picture. */
  readonly edit?: CanvasEdit;
}

export interface CanvasEdit {
  readonly connect: (from: string, to: string) => void;
  readonly disconnect: (from: string, to: string) => void;
  /** A step was dropped here. */
  readonly drop: (step: Step) => void;
}

/** What a step that is dragged out of the palette is carried as. */
export const STEP_TYPE = "application/x-trestle-step";

/** All of it, no larger than it is, and none of it behind the buttons at the left. */
const FIT: FitViewOptions = {
  maxZoom: 1,
  padding: { left: "64px", right: "24px", top: "24px", bottom: "24px" },
};

const NODE_TYPES = { step: StepNode };

/** Steps as boxes with lines between; what it does can be done in the list of steps as well. */
export function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Drawing {...props} />
    </ReactFlowProvider>
  );
}

function Drawing(props: CanvasProps) {
  const { definition, choose, edit, open } = props;
  const { nodes, move } = useNodes(props);
  const edges = useMemo(() => edgesOf(definition, props.states), [definition, props.states]);
  useFit(definition);
  const onDrop = (event: DragEvent): void => {
    const step = readStep(event.dataTransfer.getData(STEP_TYPE));
    if (step === undefined || edit === undefined) return;
    event.preventDefault();
    edit.drop(step);
  };
  const onKeyDown = ({ key, target }: KeyboardEvent): void => {
    const id = key === "Enter" && target instanceof HTMLElement && target.dataset.id;
    if (id && idsOf(definition).includes(id)) open?.(id);
  };
  return (
    <section
      className="canvas"
      aria-label="Drawing of the steps"
      onDragOver={(event) => edit && event.preventDefault()}
      onDrop={onDrop}
      onKeyDown={onKeyDown}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        onNodesChange={move}
        onNodeClick={(_, { id }) => choose(id)}
        onPaneClick={() => choose(undefined)}
        onConnect={({ source, target }: Connection) => edit?.connect(source, target)}
        onEdgesDelete={(gone) => {
          for (const { source, target } of gone) edit?.disconnect(source, target);
        }}
        nodesConnectable={edit !== undefined}
        edgesFocusable={edit !== undefined}
        deleteKeyCode={edit ? ["Backspace", "Delete"] : null}
        fitView
        fitViewOptions={FIT}
        minZoom={0.2}
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={20} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </section>
  );
}

/** Whatever changes where steps stand may put them out of sight. */
function useFit(definition: Definition): void {
  const { fitView } = useReactFlow();
  const shape = useMemo(() => JSON.stringify([...placesOf(definition)]), [definition]);
  const before = useRef(shape);
  useEffect(() => {
    if (before.current === shape) return;
    before.current = shape;
    const frame = requestAnimationFrame(() => void fitView(FIT));
    return () => cancelAnimationFrame(frame);
  }, [shape, fitView]);
}

/** What was dropped may come from anywhere. */
function readStep(text: string): Step | undefined {
  if (text === "") return undefined;
  const step: unknown = JSON.parse(text);
  return isFields(step) ? step : undefined;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Boxes where the layout puts them, until somebody moves one. */
function useNodes({ definition, chosen, choose, states, faulty }: CanvasProps) {
  const [moved, setMoved] = useState<Readonly<Record<string, Place>>>({});
  // What was measured is handed back, else every change would have all boxes measured anew.
  const [sizes, setSizes] = useState<Readonly<Record<string, Size>>>({});
  const nodes = useMemo(() => {
    const places = placesOf(definition);
    return stepsOf(definition).map((step, index): Node => {
      const id = idOf(step, index);
      const kind = kindOf(step);
      const call = textOf(step.server) && `${textOf(step.server)}.${textOf(step.tool)}`;
      const data = {
        label: id,
        kind,
        says: call || textOf(step.message) || textOf(step.workflow) || textOf(step.condition),
        state: states?.[id],
        faulty: faulty?.has(id) ?? false,
      };
      const position = moved[id] ?? places.get(id) ?? { x: 0, y: 0 };
      return {
        ...{ id, type: "step", position: { ...position }, data },
        ...{ selected: id === chosen, deletable: false, ariaLabel: `Step ${id}` },
        ...(sizes[id] && { measured: { ...sizes[id] } }),
      };
    });
  }, [definition, chosen, states, faulty, moved, sizes]);
  function move(changes: readonly NodeChange[]): void {
    for (const change of changes) {
      if (change.type === "position" && change.position !== undefined) {
        const { id, position } = change;
        setMoved((before) => ({ ...before, [id]: position }));
      } else if (change.type === "dimensions" && change.dimensions !== undefined) {
        const { id, dimensions } = change;
        setSizes((before) => ({ ...before, [id]: dimensions }));
      } else if (change.type === "select" && change.selected) choose(change.id);
    }
  }
  return { nodes, move };
}

function edgesOf(definition: Definition, states: StepStates | undefined): Edge[] {
  return connectionsOf(definition).map(({ from, to, because }) => ({
    ...{ id: `${from}>${to}`, source: from, target: to },
    className: `canvas-${because}`,
    animated: states?.[to] === "running",
    deletable: because !== "reference",
    ariaLabel: `${to} waits for ${from}`,
  }));
}
