import type { Computing } from '../../computing/computing.ts';
import type { FlowCatalogue } from '../../flows/flow-catalogue.ts';
import type { Models } from '../../models/model.ts';
import type { ModelPrices } from '../../models/prices.ts';
import type { Database } from '../../persistence/database.ts';
import type { Toolbox } from '../../tools/toolbox.ts';
import type { CommandServices } from '../commands/command-services.ts';
import type { LargeStarts } from './large-starts.ts';

/** What a start needs: the row, its limits, and the command that goes to Temporal. */
export interface StartServices extends CommandServices {
  /** For what people ask: shows nothing that is owned outside `as(scope, …)`. */
  database: Database;
  models: Models;
  prices: ModelPrices;
  /** Turns of starts that write many rows. */
  largeStarts: LargeStarts;
}

/** What a plan is made with before it is started. */
export interface PlanServices {
  /** For what users supply: expressions, schemas, documents, files. */
  computing: Computing;
  flows: FlowCatalogue;
  tools: Toolbox;
}
