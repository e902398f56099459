export * from './cell';
export * from './dialogs';
export * from './inserter';
export * from './kernel';
export * from './text';
