/** `npm start`: runs the service until it is told to stop. */
import { serve } from './serve.ts';

await serve(process.env);
