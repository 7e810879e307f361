#pragma once
// Certificates for tests, made on the spot in a folder that goes with this.
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace loadline {

class TestCertificates {
 public:
  struct Options {
    std::string name = "localhost";  // a DNS name, or "IP:" and an address
    std::string signer{};            // made before; "": itself
    bool authority = false;          // may sign others
    bool expired = false;
  };

  TestCertificates() {
    std::string name = std::filesystem::temp_directory_path() / "loadline-certificates-XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~TestCertificates() { std::filesystem::remove_all(folder_); }
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  /// Makes `file`.crt and `file`.key.
  void make(const std::string& file, const Options& options) {
    Pair pair{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
    X509* const certificate = pair.certificate.get();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), options.expired ? -3600 : 3600);
    X509_set_pubkey(certificate, pair.key.get());
    X509_NAME* const subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(file.c_str()), -1, -1, 0);
    const Pair& signer = options.signer.empty() ? pair : pairs_.at(options.signer);
    X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate.get()));
    const bool address = options.name.substr(0, 3) == "IP:";
    add(certificate, NID_subject_alt_name, (address ? "" : "DNS:") + options.name);
    if (options.authority) add(certificate, NID_basic_constraints, "critical,CA:TRUE");
    ASSERT_GT(X509_sign(certificate, signer.key.get(), EVP_sha256()), 0);
    write(file + ".crt", [&](std::FILE* out) { return PEM_write_X509(out, certificate); });
    write(file + ".key", [&](std::FILE* out) {
      return PEM_write_PrivateKey(out, pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    pairs_.emplace(file, std::move(pair));
  }

 private:
  struct Pair {
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key;
    std::unique_ptr<X509, decltype(&X509_free)> certificate;
  };
  static void add(X509* certificate, int nid, const std::string& value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    ASSERT_NE(extension, nullptr);
    EXPECT_EQ(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
  }
  void write(const std::string& name, const std::function<int(std::FILE*)>& what) const {
    std::FILE* const file = std::fopen(path(name).c_str(), "w");
    ASSERT_NE(file, nullptr);
    EXPECT_EQ(what(file), 1);
    std::fclose(file);
  }

  std::string folder_;
  std::map<std::string, Pair> pairs_;
  int serial_ = 0;
};

}  // namespace loadline
