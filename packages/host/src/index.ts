export type {
  ConnectionView,
  Host,
  HostEvents,
  InvokeRequest,
  ListToolsQuery,
  PackState,
  PackView,
  Page,
  RegisteredToolOptions,
  Surface,
  ToolState,
  ToolView,
} from './host.ts';
