export * from './cell';
export * from './inserter';
export * from './kernel';
export * from './names';
export * from './questions';
export * from './text';
