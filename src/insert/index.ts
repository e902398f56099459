export * from './cell';
export * from './inserter';
export * from './kernel';
export { type LinkForm, MOST, copyLinks } from './links';
export * from './names';
export * from './questions';
export * from './text';
