export * from './client';
export * from './error';
export * from './request';
export * from './types';
export * from './upload';
