#pragma once
// Mails (.eml): subject, sender, recipients and body on the first page, then every attachment as a run of
// pages, read by the same readers as a file of its own.
#include "extract/reader.h"

namespace loadline {

inline constexpr std::size_t mail_parts_max = 1'000;
inline constexpr int mail_nesting_max = 20;  // multiparts inside one another

Status read_mail(const ReadInput& input, PageSink& sink);

/// True if the beginning is the head of a mail: several of its headers, one a line.
bool looks_like_mail(std::string_view text);

}  // namespace loadline
