export * from './kernel';
export * from './rpc';
