export * from './model';
export * from './notices';
export * from './problem';
export * from './state';
export type { IUploadsState, Uploads } from './uploads';
