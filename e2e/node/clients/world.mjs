// What the Node client programs share; tests/clients/world.py describes cases and results, and has the same tools.

import { z } from "zod";

export const SYSTEM = "You are a travel agent.";

export const Trip = z.object({
  city: z.string(),
  nights: z.number().int(),
  stops: z.array(z.object({ name: z.string(), price: z.number() })),
  note: z.string().nullable(),
});

const WEATHER = { Paris: "sunny 21", Oslo: "snow -3" };

export const TOOLS = {
  get_weather: {
    description: "The weather in a city.",
    schema: z.object({ city: z.string() }),
    run: ({ city }) => WEATHER[city],
  },
  book_flight: {
    description: "Books a flight.",
    schema: z.object({ trip: z.object({ city: z.string(), seats: z.number().int() }), cabin: z.string() }),
    run: ({ trip, cabin }) => ({ booking: `BK-${trip.city}-${trip.seats}`, cabin, paid: true }),
  },
  list_airports: { description: "Every airport.", schema: z.object({}), run: () => "ORY CDG" },
};

const one = async (run, given) => {
  try {
    return await run(given);
  } catch (error) {
    console.error(error);
    return { error: `${error.name}: ${error.message}` };
  }
};

// Runs the cases given on standard input with the kinds that `kinds(base_url)` offers.
export const main = async (kinds) => {
  const cases = JSON.parse(await new Response(process.stdin).text());
  const offered = Object.fromEntries(cases.map(({ base_url }) => [base_url, kinds(base_url)]));
  const results = await Promise.all(cases.map((given) => one(offered[given.base_url][given.kind], given)));
  console.log(JSON.stringify(Object.fromEntries(cases.map((given, n) => [given.name, results[n]]))));
};
