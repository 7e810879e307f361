#pragma once
// Makes llama.cpp keep quantised weight matrices in the layout of quant_kernels.h and multiply with our
// kernels: registers a further "extra buffer type" with its CPU backend, before the backend's own ones.
//
// This stands on llama.cpp's internal interface (ggml-cpu/traits.h), which is why the sources are pinned.
// Matrices of other types or sizes, and CPUs without AVX-512 VNNI, stay with llama.cpp's own kernels.

namespace loadline::llama {

/// Call once, before the first model is loaded and from one thread only. Does nothing on other CPUs.
void use_packed_weights();

}  // namespace loadline::llama
