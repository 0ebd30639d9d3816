#pragma once

#include <CLI/CLI.hpp>

/// One function for each subcommand, in a file of its own: it adds the subcommand with its options and a callback that makes one call
/// into the library. Callbacks throw nnpoisson::Error; to end with another exit status (130, 143) they throw CLI::RuntimeError(status).
namespace nnpoisson::command {

void add_info(CLI::App& app);
void add_import(CLI::App& app);
void add_split(CLI::App& app);
void add_simulate(CLI::App& app);
void add_train(CLI::App& app);
void add_sample(CLI::App& app);
void add_evaluate(CLI::App& app);

}  // namespace nnpoisson::command
